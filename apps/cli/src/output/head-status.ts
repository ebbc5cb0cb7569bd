import type { EpochEndEvent, StepEndEvent } from "@graft/core";
import { countdown, RateMeter } from "./eta.ts";
import { firstThatFits, fittingBar } from "./fit.ts";
import { percent } from "./text.ts";

/** Long enough that an epoch's validation and checkpoint are in the pace. */
const WINDOW_MS = 60_000;

/** How far the epochs of a head are: "██░░░░░░░░ epoch 3/20 · loss 0.2345 · val 95.0 % · 812 images/s · ETA 0:12". */
export class HeadStatus {
  readonly #images: number;
  readonly #epochs: number;
  readonly #meter = new RateMeter(WINDOW_MS);
  #validation: number | undefined;

  readonly #columns: number;

  /** @param options.images training images, all of which an epoch sees; `epochs` of the whole run; `columns` to fit. */
  constructor(options: { readonly images: number; readonly epochs: number; readonly columns: number }) {
    this.#columns = options.columns;
    this.#images = options.images;
    this.#epochs = options.epochs;
  }

  /** The phase begins, after epochs that an interrupted run has done already. */
  start(time: number, finishedEpochs: number): void {
    this.#meter.update(time, finishedEpochs * this.#images, this.#total);
  }

  /** @returns the line to show. */
  step({ epoch, step, steps, loss, time }: StepEndEvent): string {
    const done = (epoch - 1 + step / steps) * this.#images;
    const speed = this.#meter.update(time, done, this.#total);
    const course = [`epoch ${epoch}/${this.#epochs}`, `loss ${loss.toFixed(4)}`];
    const eta = speed ? [`ETA ${countdown(speed.secondsLeft)}`] : [];
    const parts = [...course];
    if (this.#validation !== undefined) parts.push(`val ${percent(this.#validation)}`);
    if (speed) parts.push(`${speed.rate.toFixed(0)} images/s`);
    const words = ` ${[...parts, ...eta].join(" · ")}`;
    const columns = this.#columns;
    const drawn = fittingBar(done / this.#total, { words, columns, widest: 10 });
    return firstThatFits([`${drawn}${words}`.trimStart(), [...course, ...eta].join(" · ")], columns);
  }

  epoch({ epoch, valAccuracy, time }: EpochEndEvent): void {
    this.#validation = valAccuracy;
    this.#meter.update(time, epoch * this.#images, this.#total);
  }

  get #total(): number {
    return this.#epochs * this.#images;
  }
}
