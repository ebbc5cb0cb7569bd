import type { EpochEndEvent, StepEndEvent } from "@graft/core";
import { bar } from "./bar.ts";
import { countdown, RateMeter } from "./eta.ts";
import { percent } from "./text.ts";

/** Long enough that an epoch's validation and checkpoint are in the pace. */
const WINDOW_MS = 60_000;

/** How far the epochs of a head are: "██░░░░░░░░ epoch 3/20 · loss 0.2345 · val 95.0 % · 812 images/s · ETA 0:12". */
export class HeadStatus {
  readonly #images: number;
  readonly #epochs: number;
  readonly #meter = new RateMeter(WINDOW_MS);
  #validation: number | undefined;

  /** @param options.images training images, all of which an epoch sees; `epochs` of the whole run. */
  constructor(options: { readonly images: number; readonly epochs: number }) {
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
    const parts = [`epoch ${epoch}/${this.#epochs}`, `loss ${loss.toFixed(4)}`];
    if (this.#validation !== undefined) parts.push(`val ${percent(this.#validation)}`);
    if (speed) parts.push(`${speed.rate.toFixed(0)} images/s`, `ETA ${countdown(speed.secondsLeft)}`);
    return `${bar(done / this.#total, 10)} ${parts.join(" · ")}`;
  }

  epoch({ epoch, valAccuracy, time }: EpochEndEvent): void {
    this.#validation = valAccuracy;
    this.#meter.update(time, epoch * this.#images, this.#total);
  }

  get #total(): number {
    return this.#epochs * this.#images;
  }
}
