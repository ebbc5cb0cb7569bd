import type { ByteProgress } from "./types.ts";

/** A wait is told of after this long, in milliseconds, and again each second. */
const FIRST_MS = 3000;
const REPEAT_MS = 1000;

export interface SilenceOptions {
  /** Longest time without a new byte, over all attempts, in milliseconds. */
  readonly limitMs: number;
  readonly attempts: number;
  readonly onProgress: ((progress: ByteProgress) => void) | undefined;
}

/** Watches how long nothing has come, whatever attempt it is, and tells of it while it lasts. */
export class Silence implements Disposable {
  attempt = 1;
  readonly #options: SilenceOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  #progress: ByteProgress = { done: 0 };
  #heardAt = performance.now();

  constructor(options: SilenceOptions) {
    this.#options = options;
    const firstMs = Math.min(FIRST_MS, options.limitMs / 4);
    this.#timer = setInterval(() => this.#tell(firstMs), Math.min(REPEAT_MS, firstMs));
  }

  /** More came, or a part was begun anew. */
  heard(progress: ByteProgress): void {
    if (progress.done !== this.#progress.done) this.#heardAt = performance.now();
    this.#progress = progress;
    this.#options.onProgress?.(progress);
  }

  /** Milliseconds that the silence may still last; 0 when it has lasted too long. */
  leftMs(): number {
    return Math.max(0, this.#options.limitMs - this.#silentMs());
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #silentMs(): number {
    return performance.now() - this.#heardAt;
  }

  #tell(firstMs: number): void {
    const silentMs = this.#silentMs();
    if (silentMs < firstMs) return;
    const { attempt } = this;
    const { attempts, limitMs, onProgress } = this.#options;
    const waiting = { attempt, attempts, seconds: silentMs / 1000, limitSeconds: limitMs / 1000 };
    onProgress?.({ ...this.#progress, waiting });
  }
}
