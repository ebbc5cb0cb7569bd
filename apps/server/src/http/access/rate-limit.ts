/** How many names are remembered before those that have their full allowance again are forgotten. */
const SWEEP_ABOVE = 10_000;
const MINUTE_MS = 60_000;

interface Bucket {
  left: number;
  at: number;
}

/** So many a minute for each name, all at once or one by one (a token bucket). It costs a request next to nothing. */
export class RateLimit {
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** @param now milliseconds that never go back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Takes one. @returns seconds until there is one again; 0: it was taken. */
  take(name: string, perMinute: number): number {
    const now = this.#now();
    let bucket = this.#buckets.get(name);
    if (bucket === undefined) {
      if (this.#buckets.size >= SWEEP_ABOVE) this.#sweep(now);
      bucket = { left: perMinute, at: now };
      this.#buckets.set(name, bucket);
    }
    bucket.left = Math.min(perMinute, bucket.left + ((now - bucket.at) / MINUTE_MS) * perMinute);
    bucket.at = now;
    if (bucket.left < 1) return Math.max(1, Math.ceil(((1 - bucket.left) / perMinute) * 60));
    bucket.left--;
    return 0;
  }

  /** Those that nothing was heard of for a minute have their full allowance, as a new one has. */
  #sweep(now: number): void {
    for (const [name, { at }] of this.#buckets) if (now - at > MINUTE_MS) this.#buckets.delete(name);
  }
}
