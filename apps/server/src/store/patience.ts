import { sqlState } from "./store-error.ts";

/** How long a call waits for a database that is away, such as one that starts again. */
const PATIENCE_MS = 20_000;
const PAUSES_MS = { first: 50, most: 1000 } as const;

/** No connection, or one that the server ended before it did anything: what was asked was not begun. */
const NOT_BEGUN = /^(ECONNREFUSED|ECONNABORTED|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENOENT|57P0[13]|53300)$/;

/** The connection went while something was asked, and nobody knows how far that was. */
const LOST = /^(08...|57P0.|ECONNRESET|EPIPE|ETIMEDOUT)$/;

/** True for a connection that went, whatever was under way on it. */
export const isLost = (error: unknown): boolean => LOST.test(sqlState(error) ?? "");

/** Of a store: how long what is asked of it waits for a database that is away. */
export class Patience {
  #endsAt = Number.POSITIVE_INFINITY;
  #numWaiting = 0;

  /** Somebody waits for the database. */
  get isWaiting(): boolean {
    return this.#numWaiting > 0;
  }

  /** Nobody is to wait any more. */
  get isOver(): boolean {
    return performance.now() >= this.#endsAt;
  }

  /** From then on nobody waits any more: what uses the store is about to end. */
  endIn(ms: number): void {
    this.#endsAt = performance.now() + ms;
  }

  /**
   * Asks again while the database is away, as long as nothing was begun; what was begun and broken off is told.
   * @param work one statement, or one transaction.
   */
  async ask<T>(work: () => PromiseLike<T>): Promise<T> {
    const begun = performance.now();
    for (let pause: number = PAUSES_MS.first; ; pause = Math.min(2 * pause, PAUSES_MS.most)) {
      try {
        return await work();
      } catch (error) {
        const left = Math.min(begun + PATIENCE_MS, this.#endsAt) - performance.now();
        if (!NOT_BEGUN.test(sqlState(error) ?? "") || left <= 0) throw error;
        this.#numWaiting++;
        await new Promise((resolve) => setTimeout(resolve, Math.min(pause, left)));
        this.#numWaiting--;
      }
    }
  }
}
