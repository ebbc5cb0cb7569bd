import type { Clock } from "../ports/clock.ts";

interface Kept<T> {
  readonly value: T;
  readonly readAt: number;
  readonly generation: number;
}

/** How long another server may not hear of a change. */
const TRUSTED_MS = 1000;

/**
 * What is asked for hundreds of times a second, read from the store at most once in that time. What this process changes it
 * forgets at once; what another server of the same store changes is seen after a second at the latest.
 */
export class KeptBriefly<T> {
  readonly #kept = new Map<string, Kept<T>>();
  readonly #clock: Clock;
  readonly #most: number;
  #generation = 0;

  /** @param most that are kept; the one that was read longest ago goes first. */
  constructor(clock: Clock, most: number) {
    this.#clock = clock;
    this.#most = most;
  }

  /** @param options.isKept whether what was read may be kept. @default all that is there */
  async get(
    key: string,
    read: () => Promise<T | undefined>,
    { isKept = () => true }: { readonly isKept?: (value: T) => boolean } = {},
  ): Promise<T | undefined> {
    const now = this.#clock();
    const generation = this.#generation;
    const kept = this.#kept.get(key);
    if (kept?.generation === generation && now >= kept.readAt && now - kept.readAt < TRUSTED_MS)
      return kept.value;
    const value = await read();
    this.#kept.delete(key);
    if (value === undefined || !isKept(value)) return value;
    this.#kept.set(key, { value, readAt: now, generation });
    if (this.#kept.size > this.#most)
      for (const oldest of this.#kept.keys()) {
        this.#kept.delete(oldest);
        break;
      }
    return value;
  }

  /** What was read last, however long ago, and when. */
  last(key: string): { readonly value: T; readonly readAt: number } | undefined {
    return this.#kept.get(key);
  }

  /** Something has changed: what is read from now on is read again. */
  forget(): void {
    this.#generation++;
  }
}
