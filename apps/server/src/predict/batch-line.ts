import { CoreError } from "@graft/core";
import type { Turns } from "./turns.ts";

export interface BatchLineOptions<Row> {
  /** Computes all of these images [size, size, 3] at once. @returns a row for each, in order. */
  readonly run: (images: readonly Uint8Array[]) => Promise<readonly Row[]>;
  /** Images of one run at most: the number above which the engine gains nothing. */
  readonly batch: number;
  /** Of the engine, which does one run at a time. */
  readonly turns: Turns;
  /** Hears of each run, how many images it has. */
  readonly onRun: (images: number) => void;
}

interface Waiting<Row> {
  readonly image: Uint8Array;
  readonly resolve: (row: Row) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Puts images of many callers through one network together. While a batch is computed others gather, and the next batch takes
 * all of them that it can; an image that comes alone waits for nobody.
 */
export class BatchLine<Row> {
  readonly #options: BatchLineOptions<Row>;
  #waiting: Waiting<Row>[] = [];
  #isRunning = false;

  constructor(options: BatchLineOptions<Row>) {
    this.#options = options;
  }

  /**
   * @param signal an image whose caller has gone is not computed, unless it is under way.
   * @throws CoreError `cancelled`; what the run throws, all images of it alike.
   */
  add(image: Uint8Array, signal: AbortSignal): Promise<Row> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        reject(new CoreError("cancelled", { what: "The request was cancelled." }));
      };
      const waiting: Waiting<Row> = {
        image,
        resolve: (row) => {
          signal.removeEventListener("abort", leave);
          resolve(row);
        },
        reject: (error) => {
          signal.removeEventListener("abort", leave);
          reject(error);
        },
      };
      if (signal.aborted) return leave();
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(waiting);
      if (!this.#isRunning) void this.#runAll();
    });
  }

  async #runAll(): Promise<void> {
    const { turns, batch } = this.#options;
    this.#isRunning = true;
    // what is taken is decided when the engine is free, not before
    while (this.#waiting.length > 0) await turns.take(() => this.#runBatch(this.#waiting.splice(0, batch)));
    this.#isRunning = false;
  }

  /** Never rejects. */
  async #runBatch(batch: readonly Waiting<Row>[]): Promise<void> {
    if (batch.length === 0) return;
    this.#options.onRun(batch.length);
    try {
      const rows = await this.#options.run(batch.map(({ image }) => image));
      for (const [i, { resolve, reject }] of batch.entries()) {
        const row = rows[i];
        if (row === undefined) reject(new TypeError("a run gives a row for each image"));
        else resolve(row);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
