import type { Clock } from "../ports/clock.ts";

interface Kept<T> {
  readonly value: T;
  readonly readAt: number;
  readonly generation: number;
}

interface Reading<T> {
  readonly value: Promise<T | undefined>;
  readonly startedAt: number;
  readonly generation: number;
}

interface KeepOptions<T> {
  /** Whether what was read may be kept. @default all that is there */
  readonly isKept?: (value: T) => boolean;
}

/** How long another server may not hear of a change. */
const TRUSTED_MS = 1000;
/** From this age on what is still trusted is read again beside the request, so that the next one need not wait for it. */
const RENEWED_MS = 500;

/**
 * What is asked for hundreds of times a second, read from the store about once in that time, however many ask at once. What this
 * process changes it forgets at once; what another server of the same store changes is seen after a second at the latest.
 */
export class KeptBriefly<T> {
  readonly #kept = new Map<string, Kept<T>>();
  /** Of what was kept before: of all else each asker has its own. */
  readonly #readings = new Map<string, Reading<T>>();
  readonly #clock: Clock;
  readonly #most: number;
  #generation = 0;

  /** @param most that are kept; the one that was read longest ago goes first. */
  constructor(clock: Clock, most: number) {
    this.#clock = clock;
    this.#most = most;
  }

  /** @throws what `read` throws. */
  async get(
    key: string,
    read: () => Promise<T | undefined>,
    options: KeepOptions<T> = {},
  ): Promise<T | undefined> {
    const now = this.#clock();
    const kept = this.#kept.get(key);
    if (kept?.generation !== this.#generation) return this.#read(key, read, options);
    const age = now - kept.readAt;
    if (age < 0 || age >= TRUSTED_MS) return this.#readTogether(key, read, options);
    // who asks when it is trusted no more hears what goes wrong
    if (age >= RENEWED_MS) this.#readTogether(key, read, options).catch(() => undefined);
    return kept.value;
  }

  /** What was read last, however long ago, and when. */
  last(key: string): { readonly value: T; readonly readAt: number } | undefined {
    return this.#kept.get(key);
  }

  /** Something has changed: what is read from now on is read again. */
  forget(): void {
    this.#generation++;
  }

  /** Reads unless somebody does so already, since when nothing was changed here. */
  #readTogether(
    key: string,
    read: () => Promise<T | undefined>,
    options: KeepOptions<T>,
  ): Promise<T | undefined> {
    const now = this.#clock();
    const known = this.#readings.get(key);
    if (known?.generation === this.#generation && now - known.startedAt < TRUSTED_MS) return known.value;
    const value = this.#read(key, read, options).finally(() => {
      if (this.#readings.get(key) === reading) this.#readings.delete(key);
    });
    const reading = { value, startedAt: now, generation: this.#generation };
    this.#readings.set(key, reading);
    return value;
  }

  async #read(
    key: string,
    read: () => Promise<T | undefined>,
    { isKept = () => true }: KeepOptions<T>,
  ): Promise<T | undefined> {
    const readAt = this.#clock();
    const generation = this.#generation;
    const value = await read();
    this.#kept.delete(key);
    if (value === undefined || !isKept(value)) return value;
    this.#kept.set(key, { value, readAt, generation });
    if (this.#kept.size > this.#most)
      for (const oldest of this.#kept.keys()) {
        this.#kept.delete(oldest);
        break;
      }
    return value;
  }
}
