import { setTimeout as wait } from "node:timers/promises";
import { CoreError, throwIfCancelled } from "@graft/core";
import type { Session } from "../session/session.ts";
import { asCoreError } from "./client.ts";

/** How long a server asks to wait; undefined: it does not say, or refuses for another reason. */
function waitMsOf(error: unknown): number | undefined {
  if (!(error instanceof CoreError) || error.code !== "busy") return undefined;
  const { retryAfterMs } = error.facts;
  return typeof retryAfterMs === "number" ? retryAfterMs : undefined;
}

/**
 * Keeps to what a token may ask in a minute: waits as long as the server says, asks again, and says so once. Several may ask at
 * once; nobody asks while one waits.
 */
export class Allowance {
  readonly #session: Pick<Session, "signal" | "notice" | "status">;
  readonly #url: string;
  #pause: Promise<void> | undefined;
  #isTold = false;

  constructor(session: Pick<Session, "signal" | "notice" | "status">, url: string) {
    this.#session = session;
    this.#url = url;
  }

  /** @throws CoreError `cancelled`; what else the server refuses. */
  async with<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      await this.#pause;
      throwIfCancelled(this.#session.signal);
      try {
        return await ask();
      } catch (error) {
        const told = asCoreError(error, this.#url);
        const waitMs = waitMsOf(told);
        if (waitMs === undefined || !(told instanceof CoreError)) throw error;
        this.#pause ??= this.#wait(told, waitMs);
      }
    }
  }

  async #wait({ parts }: CoreError, waitMs: number): Promise<void> {
    const text = `${parts.what} Waiting ${Math.ceil(waitMs / 1000)} s, then going on`;
    if (this.#isTold) this.#session.status(text);
    else this.#session.notice(`${text}, as often as needed.`);
    this.#isTold = true;
    await wait(waitMs, undefined, { signal: this.#session.signal }).catch(() => undefined);
    this.#pause = undefined;
  }
}
