import type { Clock } from "../ports/clock.ts";

export interface RateOptions {
  /** How many at once. */
  readonly burst: number;
  /** How many in a minute in the long run. */
  readonly perMinute: number;
}

interface Bucket {
  readonly level: number;
  readonly at: number;
}

const MINUTE = 60_000;

/**
 * Token buckets by key: each holds `burst` and fills at `perMinute`. Buckets are this process's: two servers of one store allow
 * twice as much. Those not asked for longest are forgotten, as if they were full.
 */
export class RateLimit {
  readonly #buckets = new Map<string, Bucket>();
  readonly #clock: Clock;
  readonly #maxKeys: number;

  constructor(clock: Clock, options: { readonly maxKeys?: number } = {}) {
    this.#clock = clock;
    this.#maxKeys = options.maxKeys ?? 10_000;
  }

  /** What is in a bucket now. A clock that was put back fills nothing. */
  #level(key: string, { burst, perMinute }: RateOptions): number {
    const bucket = this.#buckets.get(key);
    if (!bucket) return burst;
    const filled = (Math.max(0, this.#clock() - bucket.at) / MINUTE) * perMinute;
    return Math.min(burst, bucket.level + filled);
  }

  /**
   * Takes `cost` out of a bucket, if there is so much.
   * @returns 0: it was there; else milliseconds until it will be, and nothing was taken.
   */
  take(key: string, rate: RateOptions, cost = 1): number {
    const wait = this.wait(key, rate, cost);
    if (wait > 0) return wait;
    const level = this.#level(key, rate) - cost;
    // last in the map: asked for last
    this.#buckets.delete(key);
    this.#buckets.set(key, { level, at: this.#clock() });
    if (this.#buckets.size > this.#maxKeys)
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest);
        break;
      }
    return 0;
  }

  /** Milliseconds until `cost` can be taken; 0: now. What costs more than a full bucket waits for a full one. */
  wait(key: string, rate: RateOptions, cost = 1): number {
    const missing = Math.min(cost, rate.burst) - this.#level(key, rate);
    // a bucket is never filled to the last bit by fractions
    return missing <= 1e-9 ? 0 : Math.ceil((missing / rate.perMinute) * MINUTE);
  }
}
