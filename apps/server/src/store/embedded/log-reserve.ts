import { closeSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { PGlite } from "@electric-sql/pglite";

/*
 * PGlite waits for ever, with its process, when a file of its log of changes cannot be made because the disk is full: the statement
 * after the one that failed finds a lock that nobody will open. PostgreSQL ends itself there. So room for two such files lies
 * beside the store: it is given up for them when there is no other, and until it is there again the store can only be read.
 */

const PIECE = Buffer.alloc(2 ** 20);
/** Two files of the log. */
const PIECES = 32;
const LOOK_MS = 500;

/** Room on the disk that an embedded store's log gets when there is no other. */
export class LogReserve {
  readonly #path: string;
  #isThere = false;
  #onRelease: () => void = () => undefined;

  /** @param folder that the store's own lies in. */
  constructor(folder: string) {
    this.#path = join(folder, "store.reserve");
  }

  /** Takes the room, once more after it was given up; it stays for the next start. @returns false where there is none. */
  take(): boolean {
    if (this.#isThere) return true;
    try {
      this.#isThere = statSync(this.#path, { throwIfNoEntry: false })?.size === PIECES * PIECE.length;
      if (this.#isThere) return true;
      const file = openSync(this.#path, "w");
      try {
        for (let piece = 0; piece < PIECES; piece++)
          for (let done = 0; done < PIECE.length; ) done += writeSync(file, PIECE, done);
      } finally {
        closeSync(file);
      }
      this.#isThere = true;
    } catch {
      rmSync(this.#path, { force: true });
    }
    return this.#isThere;
  }

  /** Gives the room up. @returns false where it was given up before. */
  readonly release = (): boolean => {
    if (!this.#isThere) return false;
    this.#isThere = false;
    rmSync(this.#path, { force: true });
    this.#onRelease();
    return true;
  };

  /**
   * Has the store be read alone while there is no room for its log.
   * @returns what ends it.
   */
  guard(client: PGlite): () => Promise<void> {
    let isReadOnly = false;
    let changing: Promise<unknown> = Promise.resolve();
    const set = (value: boolean): void => {
      if (value === isReadOnly) return;
      isReadOnly = value;
      // before whatever is asked from now on
      changing = client.exec(`set default_transaction_read_only = ${value ? "on" : "off"}`).catch(() => {
        isReadOnly = !value;
      });
    };
    this.#onRelease = () => set(true);
    const look = (): void => set(!this.take());
    look();
    const timer = setInterval(look, LOOK_MS);
    timer.unref();
    return async () => {
      clearInterval(timer);
      await changing;
    };
  }
}
