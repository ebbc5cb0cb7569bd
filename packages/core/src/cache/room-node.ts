import { type CacheFolders, giveUp } from "./give-up-node.ts";

export interface CacheRoomOptions {
  readonly folders: CacheFolders;
  readonly maxBytes: number;
  readonly now: () => number;
  /** Told once when a row finds no room because live runs need all that is there. */
  readonly onLimit: (message: string) => void;
  readonly afterGivingUp: () => Promise<void>;
}

/**
 * The share of the limit that may be written between two looks at the folder, and that is given up beyond need when the
 * limit is passed. Each further process that writes may pass the limit by this much for a while.
 */
const STEP = 1 / 16;
/** However large the archives are that live runs read, features get the rest. */
const LIVE_ARCHIVES = 1 / 2;
/** After room was refused, the next try is this much later. */
const REFUSED_MS = 10_000;

/** Makes room for new rows: looks at the folder, which other processes write to as well, once in many puts. */
export class CacheRoom {
  readonly #options: CacheRoomOptions;
  /** Bytes that may be written before the next look. */
  #allowance = 0;
  /** Bytes on their way, which a look at the folder may not see yet. */
  #pending = 0;
  #refusedAt = Number.NEGATIVE_INFINITY;
  #isTold = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: CacheRoomOptions) {
    this.#options = options;
  }

  /** Writes that many bytes where there is room for them or it can be made; else says so and does nothing. */
  async fill(bytes: number, write: () => Promise<void>): Promise<void> {
    const mine = this.#turn.then(() => this.#take(bytes));
    this.#turn = mine.catch(() => undefined);
    if (!(await mine)) return;
    await write().finally(() => {
      this.#pending -= bytes;
    });
  }

  async #take(bytes: number): Promise<boolean> {
    const { maxBytes, onLimit } = this.#options;
    if (this.#allowance < bytes && performance.now() - this.#refusedAt > REFUSED_MS) await this.#look(bytes);
    if (this.#allowance >= bytes) {
      this.#allowance -= bytes;
      this.#pending += bytes;
      return true;
    }
    if (!this.#isTold) {
      this.#isTold = true;
      const limit = `${Math.max(1, Math.round(maxBytes / 1e6))} MB`;
      onLimit(
        `New features are not kept: the cache is at its limit of ${limit}, and runs in progress need what is in it.`,
      );
    }
    return false;
  }

  async #look(bytes: number): Promise<void> {
    const { folders, maxBytes, now, afterGivingUp } = this.#options;
    const step = Math.max(bytes, maxBytes * STEP);
    const room = maxBytes - this.#pending;
    const liveArchives = maxBytes * LIVE_ARCHIVES;
    const limits = { above: room - bytes, downTo: Math.max(0, room - step), liveArchives };
    const { bytes: left, freedBytes } = await giveUp(folders, limits, { now: now(), counting: false });
    if (freedBytes > 0) await afterGivingUp();
    this.#allowance = Math.min(step, room - left);
    if (this.#allowance < bytes) this.#refusedAt = performance.now();
  }
}
