import type { TrainConfig } from "../config/config.ts";
import type { TrainOptions } from "../train/types.ts";
import type { CutLayer } from "../trunk/cut-layers.ts";

/** What a sweep goes over; every combination is trained. */
export interface SweepAxes {
  readonly recipes: readonly TrainConfig["recipe"][];
  readonly sizes: readonly number[];
  readonly cuts: readonly CutLayer[];
  readonly learningRates: readonly number[];
  /** Of shuffling, dropout and first weights; the split is the same for all. */
  readonly seeds: readonly number[];
}

/** A number over several seeds. */
export interface Spread {
  readonly mean: number;
  /** Standard deviation of the sample (n − 1); 0 for one seed. */
  readonly deviation: number;
}

/** One combination, its seeds taken together. */
export interface SweepRow {
  readonly recipe: TrainConfig["recipe"];
  readonly size: number;
  readonly cut: CutLayer;
  readonly learningRate: number;
  /** Of the kept epoch on the validation images. */
  readonly accuracy: Spread;
  readonly loss: Spread;
  /** Seeds whose loss stopped being a number; none of them is in the other figures. */
  readonly diverged: number;
  /** Bytes of the trunk up to the cut and the head, float32. */
  readonly modelBytes: number;
  /** Of one image through trunk and head, batch 1, the fastest of a few; decoding not included. */
  readonly predictMs: number;
}

export interface SweepResult {
  /** Best accuracy first. */
  readonly rows: readonly SweepRow[];
  readonly recommended: SweepRow;
  /** Why, in a sentence. */
  readonly reason: string;
  readonly images: { readonly train: number; readonly validation: number };
}

/** What heads are trained on, and where; opened by the caller. */
export type SweepData = Pick<
  TrainOptions,
  "dataset" | "split" | "weights" | "backend" | "prepare" | "decodeAhead" | "store" | "signal"
>;

/** All that a sweep needs. */
export interface SweepOptions extends SweepData {
  /** What the axes leave open, by recipe. Augmentation and fine-tuning are left out: a sweep compares heads on cached features. */
  readonly configOf: (recipe: TrainConfig["recipe"]) => TrainConfig;
  readonly axes: SweepAxes;
  readonly onProgress?: (progress: SweepProgress) => void;
}

export interface SweepProgress {
  readonly phase: "features" | "heads";
  readonly done: number;
  readonly total: number;
}
