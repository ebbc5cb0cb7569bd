import { CoreError } from "@graft/core";
import type { Turns } from "./turns.ts";

/** Computes all of these images [size, size, 3] at once. @returns a row for each, in order. */
export type BatchRun<Row> = (images: readonly Uint8Array[]) => Promise<readonly Row[]>;

export interface BatchLineOptions<Row> {
  /** On the whole engine. */
  readonly run: BatchRun<Row>;
  /** The same on a part of it each, side by side: several batches are done sooner so, one image later. @default there are none */
  readonly lanes?: (() => readonly BatchRun<Row>[]) | undefined;
  /** Images of one run at most: the number above which the engine gains nothing. */
  readonly batch: number;
  /** Of the engine, which does the runs of one network at a time. */
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
 * all of them that it can; an image that comes alone waits for nobody. Where several wait, they are shared out over the lanes, and a
 * lane that is free takes the next.
 *
 * What an image's caller does with its row on the same engine (a model's own head) belongs to the batch's turn. Were the next
 * batch let in before it, each of these small runs would wait behind a batch, and their callers, answered one by one, would come
 * back one by one: batches of one image, however many wait.
 */
export class BatchLine<Row> {
  readonly #options: BatchLineOptions<Row>;
  #waiting: Waiting<Row>[] = [];
  #isRunning = false;
  /** Of the turn in which lanes run. */
  #freeLanes: BatchRun<Row>[] = [];
  #laneTurn: { busy: number; runs: number; readonly lanes: number; readonly end: () => void } | undefined;

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
      else this.#fillLanes();
    });
  }

  async #runAll(): Promise<void> {
    const { turns } = this.#options;
    this.#isRunning = true;
    // what is taken is decided when the engine is free, not before
    while (this.#waiting.length > 0) await turns.take(() => this.#runTurn());
    this.#isRunning = false;
  }

  /** Never rejects. */
  #runTurn(): Promise<void> {
    const { run, batch, lanes = () => [] } = this.#options;
    const several = this.#waiting.length > 1 ? lanes() : [];
    if (several.length < 2) return this.#runBatch(this.#waiting.splice(0, batch), run);
    return new Promise((end) => {
      this.#freeLanes = [...several];
      this.#laneTurn = { busy: 0, runs: 0, lanes: several.length, end };
      this.#fillLanes();
    });
  }

  /** Gives lanes that are free what waits, in the turn in which lanes run: one run each where others want the engine. */
  #fillLanes(): void {
    const turn = this.#laneTurn;
    if (!turn) return;
    while (this.#waiting.length > 0 && (turn.runs < turn.lanes || !this.#options.turns.isAwaited)) {
      const lane = this.#freeLanes.pop();
      if (!lane) return;
      // those that are free as well have the same of it
      const share = Math.ceil(this.#waiting.length / (this.#freeLanes.length + 1));
      turn.busy++;
      turn.runs++;
      void this.#runBatch(this.#waiting.splice(0, Math.min(this.#options.batch, share)), lane).then(() => {
        turn.busy--;
        this.#freeLanes.push(lane);
        this.#fillLanes();
      });
    }
    if (turn.busy > 0) return;
    this.#laneTurn = undefined;
    turn.end();
  }

  /** Never rejects. */
  async #runBatch(batch: readonly Waiting<Row>[], run: BatchRun<Row>): Promise<void> {
    if (batch.length === 0) return;
    this.#options.onRun(batch.length);
    try {
      const rows = await run(batch.map(({ image }) => image));
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
