import { setTimeout as wait } from "node:timers/promises";
import { CoreError, throwIfCancelled } from "@graft/core";
import type { Session } from "../session/session.ts";
import { asCoreError } from "./client.ts";

/** A server that is started again is back within this; what is gone for longer is told. */
const PATIENCE_MS = 60_000;
const FIRST_PAUSE_MS = 500;
const LAST_PAUSE_MS = 5000;

/**
 * Asks a server again that does not answer, breaks off or takes nothing for now, and says so once. Of calls that may be made
 * twice; several may be under way at once.
 */
export class Patience {
  readonly #session: Pick<Session, "signal" | "notice">;
  readonly #url: string;
  readonly #patienceMs: number;
  #failingSince: number | undefined;

  /** @param options.patienceMs how long nothing may come of it. @default 1 min */
  constructor(
    session: Pick<Session, "signal" | "notice">,
    url: string,
    { patienceMs = PATIENCE_MS }: { readonly patienceMs?: number } = {},
  ) {
    this.#session = session;
    this.#url = url;
    this.#patienceMs = patienceMs;
  }

  /** It does answer. */
  heard(): void {
    this.#failingSince = undefined;
  }

  /** @throws CoreError `offline` or `busy` when it took too long, `cancelled`; what else the server refuses, at once. */
  async with<T>(work: () => Promise<T>): Promise<T> {
    const { signal } = this.#session;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LAST_PAUSE_MS)) {
      throwIfCancelled(signal);
      try {
        const result = await work();
        this.heard();
        return result;
      } catch (error) {
        throwIfCancelled(signal);
        this.#seeTo(asCoreError(error, this.#url));
      }
      await wait(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** @throws what another try would not change, and what was tried for too long. */
  #seeTo(error: unknown): void {
    if (!(error instanceof CoreError) || (error.code !== "offline" && error.code !== "busy")) throw error;
    const now = performance.now();
    if (this.#failingSince === undefined)
      this.#session.notice(`No answer from ${this.#url}: trying again. What it has already stays there.`);
    this.#failingSince ??= now;
    if (now - this.#failingSince < this.#patienceMs) return;
    throw new CoreError(
      error.code,
      {
        ...error.parts,
        fix: "Check that `graft serve` runs there and that this computer can reach it, then run this command again: what it has already does not travel again.",
      },
      { cause: error },
    );
  }
}
