/** Pauses between tries: each twice the one before, up to a limit, and up to half more by chance, so that many do not try as one. */
export class GrowingPause {
  readonly #firstMs: number;
  readonly #lastMs: number;
  #tries = 0;

  constructor({ firstMs, lastMs }: { readonly firstMs: number; readonly lastMs: number }) {
    this.#firstMs = firstMs;
    this.#lastMs = lastMs;
  }

  /** Milliseconds until the next try. */
  next(): number {
    const ms = Math.min(this.#lastMs, this.#firstMs * 2 ** this.#tries++);
    return ms * (1 + Math.random() / 2);
  }

  /** It went well: the next pause is the first again. */
  reset(): void {
    this.#tries = 0;
  }
}
