import type { TrainConfig } from "../config/config.ts";
import type { HostTensor } from "../graph/host-tensor.ts";
import { HEAD_INPUTS } from "../head/build.ts";
import type { HeadSpec } from "../head/types.ts";
import { fillDropoutMask } from "./dropout-mask.ts";
import { type LabelledRows, rowLength } from "./labelled-rows.ts";
import { mixBatch } from "./mixup.ts";

/** What a run of a program is fed for some images, and their classes. */
export interface Batch {
  readonly inputs: Readonly<Record<string, HostTensor>>;
  readonly labels: readonly number[];
}

/** What a batch maker needs beside the rows. */
interface BatchOptions {
  readonly spec: HeadSpec;
  /** Largest number of images in a batch. */
  readonly size: number;
  /** `Trainer.maskWidth`; only training has masks. @default 0 */
  readonly maskWidth?: number;
}

/** What is done to the batches that are trained on. */
export type BatchChanges = Pick<TrainConfig, "labelSmoothing" | "mixup">;

/** Writes the labels of a batch as the loss takes them: [n, units] one-hot, or for a sigmoid [n, 1]: 1 for the second class. */
function fillLabels(out: Float32Array, labels: readonly number[], spec: HeadSpec): void {
  if (spec.activation === "sigmoid") {
    out.set(labels);
    return;
  }
  out.fill(0);
  for (const [row, label] of labels.entries()) out[row * spec.units + label] = 1;
}

/** Keras's label smoothing: y · (1 − share) + share / classes, for a sigmoid's one column with two classes. */
function smoothLabels(labels: Float32Array, share: number, { numClasses }: HeadSpec): void {
  for (const [at, label] of labels.entries()) labels[at] = label * (1 - share) + share / numClasses;
}

/** Reads rows into arrays of its own, which the next batch overwrites: two makers in turn let one fill while one is run. */
export class BatchMaker {
  readonly #spec: HeadSpec;
  readonly #rowShape: readonly number[];
  readonly #features: Float32Array;
  readonly #labels: Float32Array;
  readonly #weights: Float32Array;
  readonly #mask: Float32Array;
  readonly #maskWidth: number;

  constructor(rowShape: readonly number[], { spec, size, maskWidth = 0 }: BatchOptions) {
    this.#spec = spec;
    this.#rowShape = rowShape;
    this.#features = new Float32Array(size * rowShape.reduce((product, dim) => product * dim, 1));
    this.#labels = new Float32Array(size * spec.units);
    this.#weights = new Float32Array(size);
    this.#maskWidth = maskWidth;
    this.#mask = new Float32Array(spec.dropout > 0 ? size * maskWidth : 0);
  }

  /** Features and labels of the images at these places of the list: what evaluation takes. */
  async read(rows: LabelledRows, images: readonly number[]): Promise<Batch> {
    const length = rowLength(rows.table) * images.length;
    const labels = images.map((image) => rows.labels[image] ?? 0);
    const features = this.#features.subarray(0, length);
    const positions = images.map((image) => rows.positions[image] ?? 0);
    const labelValues = this.#labels.subarray(0, images.length * this.#spec.units);
    fillLabels(labelValues, labels, this.#spec);
    await rows.table.read(positions, features);
    return {
      labels,
      inputs: {
        [HEAD_INPUTS.features]: { shape: [images.length, ...this.#rowShape], data: features },
        [HEAD_INPUTS.labels]: { shape: [images.length, this.#spec.units], data: labelValues },
      },
    };
  }

  /**
   * A training batch: with sample weights (class weight / images, so that their sum with the losses is Keras's mean
   * over the batch: class weights scale a loss, the divisor stays the number of images) and a dropout mask; its labels
   * smoothed, its rows mixed.
   */
  async readForTraining(
    rows: LabelledRows,
    images: readonly number[],
    step: { readonly seed: number; readonly epoch: number; readonly step: number },
    { weightOfClass, labelSmoothing, mixup }: BatchChanges & { readonly weightOfClass: readonly number[] },
  ): Promise<Batch> {
    const size = images.length;
    const weights = this.#weights.subarray(0, size);
    for (const [at, image] of images.entries())
      weights[at] = (weightOfClass[rows.labels[image] ?? 0] ?? 0) / size;
    const { dropout } = this.#spec;
    const width = this.#maskWidth;
    const mask = this.#mask.subarray(0, dropout > 0 ? size * width : 0);
    if (dropout > 0) fillDropoutMask(mask, dropout, step);
    const { inputs, labels } = await this.read(rows, images);
    const labelValues = this.#labels.subarray(0, size * this.#spec.units);
    if (labelSmoothing > 0) smoothLabels(labelValues, labelSmoothing, this.#spec);
    const features = this.#features.subarray(0, rowLength(rows.table) * size);
    if (mixup > 0) mixBatch({ size, features, labels: labelValues, weights }, mixup, step);
    const masks: Record<string, HostTensor> =
      dropout > 0 ? { [HEAD_INPUTS.dropoutMask]: { shape: [size, width], data: mask } } : {};
    const sampleWeights = { shape: [size], data: weights };
    return { labels, inputs: { ...inputs, ...masks, [HEAD_INPUTS.sampleWeights]: sampleWeights } };
  }
}
