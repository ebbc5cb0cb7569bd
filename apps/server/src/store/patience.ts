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

/**
 * Asks again while the database is away, as long as nothing was begun; what was begun and broken off is told.
 * @param work one statement, or one transaction.
 */
export async function patiently<T>(work: () => PromiseLike<T>): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  for (let pause: number = PAUSES_MS.first; ; pause = Math.min(2 * pause, PAUSES_MS.most)) {
    try {
      return await work();
    } catch (error) {
      if (!NOT_BEGUN.test(sqlState(error) ?? "") || performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
