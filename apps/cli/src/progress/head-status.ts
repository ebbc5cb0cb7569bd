import type { EpochEndEvent, StepEndEvent } from "@graft/core";
import { percent } from "../output/text.ts";
import { countdown, RateMeter } from "./eta.ts";
import { firstThatFits, fittingBar } from "./fit.ts";

/** Long enough that an epoch's validation and checkpoint are in the pace. */
const WINDOW_MS = 60_000;

/** How far the epochs of a phase are: "██░░░░░░░░ epoch 3/20 · loss 0.2345 · val 95.0 % · 812 images/s · ETA 0:12". */
export class HeadStatus {
  readonly #images: number;
  readonly #meter = new RateMeter(WINDOW_MS);
  #validation: number | undefined;

  readonly #columns: number;
  /** Epochs that were finished before. */
  readonly #finished: number;

  /**
   * @param options.images training images, all of which an epoch sees; `columns` to fit; `finishedEpochs` when the phase
   *   begins, at `time` of a clock that never goes back: those of an earlier phase and those that an interrupted run has done already.
   */
  constructor(options: {
    readonly images: number;
    readonly columns: number;
    readonly finishedEpochs: number;
    readonly time: number;
  }) {
    this.#columns = options.columns;
    this.#images = options.images;
    this.#finished = options.finishedEpochs;
    this.#meter.update(options.time, 0, Number.POSITIVE_INFINITY);
  }

  /** @param time as in the constructor. @returns the line to show. */
  step({ epoch, epochs, step, steps, loss }: StepEndEvent, time: number): string {
    const total = (epochs - this.#finished) * this.#images;
    const done = (epoch - 1 - this.#finished + step / steps) * this.#images;
    const speed = this.#meter.update(time, done, total);
    const course = [`epoch ${epoch}/${epochs}`, `loss ${loss.toFixed(4)}`];
    const eta = speed ? [`ETA ${countdown(speed.secondsLeft)}`] : [];
    const parts = [...course];
    if (this.#validation !== undefined) parts.push(`val ${percent(this.#validation)}`);
    if (speed) parts.push(`${speed.rate.toFixed(0)} images/s`);
    const words = ` ${[...parts, ...eta].join(" · ")}`;
    const columns = this.#columns;
    const drawn = fittingBar(done / total, { words, columns, widest: 10 });
    return firstThatFits([`${drawn}${words}`.trimStart(), [...course, ...eta].join(" · ")], columns);
  }

  epoch({ epoch, epochs, valAccuracy }: EpochEndEvent, time: number): void {
    this.#validation = valAccuracy;
    const [done, total] = [epoch, epochs].map((count) => (count - this.#finished) * this.#images);
    this.#meter.update(time, done ?? 0, total ?? 0);
  }
}
