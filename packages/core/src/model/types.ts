import type { TrainConfig } from "../config/config.ts";
import type { Metrics } from "../events/events.ts";
import type { HeadSpec, HeadValues } from "../head/types.ts";
import type { ImageRule } from "../image/types.ts";
import type { LikenessFacts } from "../likeness/types.ts";
import type { CutLayer } from "../trunk/cut-layers.ts";
import type { TrunkWeights, WeightsInfo } from "../trunk/types.ts";

/** graft.json: everything beside the numbers that using or checking a model needs. */
export interface ModelManifest {
  readonly formatVersion: 1;
  /** sha256 of every other file in the folder, by name. */
  readonly files: Readonly<Record<string, string>>;
  readonly labels: readonly string[];
  readonly head: HeadSpec;
  readonly cut: CutLayer;
  readonly rule: ImageRule;
  readonly weights: WeightsInfo;
  readonly config: TrainConfig;
  /** The layer from which the trunk was trained too (`--fine-tune`); absent when its numbers are those of `weights`. */
  readonly fineTuned?: string;
  /** Of the epoch that was kept. */
  readonly metrics: Metrics;
  readonly run: string;
  /** sha256 of the stored split. */
  readonly splitHash: string;
  /** How many images each side of the split had; absent when a model was made by other means than a training. */
  readonly images?: { readonly train: number; readonly validation: number; readonly test: number };
  /** Content hashes of the images that the head was trained on, sorted: evaluation names those it meets again. */
  readonly trainedOn: readonly string[];
  /** How to tell a picture that is like nothing in the training; absent when that could not be learned. */
  readonly likeness?: LikenessFacts;
  /**
   * Least score of an answer, in (0, 1]: below it the model is "not sure". Decided on after the training, so a run's own model
   * has none; an export has that of its moment.
   */
  readonly notSureBelow?: number;
  readonly backend: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly createdAt: string;
}

/** A model in memory: what a training hands to `writeModelFolder` and `readModelFolder` gives back. */
export interface Model {
  readonly manifest: Omit<ModelManifest, "files" | "formatVersion">;
  /** The trunk's numbers as the model has them; of a fine-tuned one those of its tail are not what the rest of it names. */
  readonly weights: TrunkWeights;
  readonly head: HeadValues;
  /** Of a model with `manifest.likeness`: int8 [directions, channels of its layers]. */
  readonly directions?: Int8Array;
}
