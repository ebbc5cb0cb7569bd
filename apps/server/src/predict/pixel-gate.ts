/** Who waits, and how much it wants. */
interface Waiting {
  readonly pixels: number;
  readonly enter: () => void;
}

/**
 * Bounds how many pixels are decoded at once, in the order of asking: files of a few kilobytes may become hundreds of megabytes
 * each, and a dozen at once would be the end of the process.
 */
export class PixelGate {
  readonly #most: number;
  readonly #waiting: Waiting[] = [];
  #inside = 0;

  /** @param most pixels at once; one picture of more goes in alone. */
  constructor(most: number) {
    this.#most = most;
  }

  async pass<T>(pixels: number, work: () => Promise<T>): Promise<T> {
    const wanted = Math.min(pixels, this.#most);
    if (this.#waiting.length > 0 || this.#inside + wanted > this.#most)
      await new Promise<void>((enter) => this.#waiting.push({ pixels: wanted, enter }));
    else this.#inside += wanted;
    try {
      return await work();
    } finally {
      this.#inside -= wanted;
      this.#admit();
    }
  }

  #admit(): void {
    for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
      if (this.#inside + first.pixels > this.#most) return;
      this.#waiting.shift();
      this.#inside += first.pixels;
      first.enter();
    }
  }
}
