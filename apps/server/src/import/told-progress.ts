import type { UploadProgress } from "@graft/api";

/** Progress is written no more often. */
const EVERY_MS = 1000;

/** Writes how far something is, one after the other and not at every step. */
export class ToldProgress {
  readonly #write: (progress: UploadProgress) => Promise<unknown>;
  #toldAt = Number.NEGATIVE_INFINITY;
  #writing: Promise<unknown> | undefined;

  constructor(write: (progress: UploadProgress) => Promise<unknown>) {
    this.#write = write;
  }

  tell({ phase, done, total }: UploadProgress): void {
    if (this.#writing !== undefined || performance.now() - this.#toldAt < EVERY_MS) return;
    this.#toldAt = performance.now();
    this.#writing = this.#write({ phase, done, total })
      // the next one may be written
      .catch(() => undefined)
      .finally(() => {
        this.#writing = undefined;
      });
  }

  /** Nothing is written after that. */
  async end(): Promise<void> {
    this.#toldAt = Number.POSITIVE_INFINITY;
    await this.#writing;
  }
}
