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
  /** Never rejects. */
  readonly finish: (row: Row) => Promise<void>;
  readonly reject: (error: unknown) => void;
}

/**
 * Puts images of many callers through one network together. While a batch is computed others gather, and the next batch takes
 * all of them that it can; an image that comes alone waits for nobody.
 *
 * What an image's caller does with its row on the same engine (a model's own head) belongs to the batch's turn. Were the next
 * batch let in before it, each of these small runs would wait behind a batch, and their callers, answered one by one, would come
 * back one by one: batches of one image, however many wait.
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
   * @param finish what is still to be done with the image's row before the engine goes on.
   * @throws CoreError `cancelled`; what the run throws, all images of it alike; what `finish` throws.
   */
  add<T>(image: Uint8Array, signal: AbortSignal, finish: (row: Row) => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        reject(new CoreError("cancelled", { what: "The request was cancelled." }));
      };
      const waiting: Waiting<Row> = {
        image,
        async finish(row) {
          signal.removeEventListener("abort", leave);
          try {
            resolve(await finish(row));
          } catch (error) {
            reject(error);
          }
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
      await Promise.all(
        batch.map(({ finish, reject }, i) => {
          const row = rows[i];
          if (row === undefined) return reject(new TypeError("a run gives a row for each image"));
          return finish(row);
        }),
      );
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
