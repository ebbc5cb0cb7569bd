import type { Backend } from "../backend/backend.ts";
import type { CheckpointStore } from "../checkpoint/types.ts";
import type { TrainConfig } from "../config/config.ts";
import type { ForeignImages } from "../dataset/foreign-images.ts";
import type { PrepareImage } from "../dataset/prepare-image.ts";
import type { Dataset, Split } from "../dataset/types.ts";
import type { SerializedError } from "../errors.ts";
import type { Metrics, RunStatus } from "../events/events.ts";
import type { ShardBoard } from "../features/shard.ts";
import type { FeatureStore } from "../features/types.ts";
import type { Model } from "../model/types.ts";
import type { TrunkWeights } from "../trunk/types.ts";

/** How a training ended: what the last event says, and the model itself. */
export interface TrainResult {
  readonly status: RunStatus;
  /** Of a completed run, and of a diverged one that had a finite epoch before. */
  readonly model?: Model;
  /** Where `saveModel` put it. */
  readonly where?: string;
  /** Of the kept epoch. */
  readonly metrics?: Metrics;
  readonly keptEpoch?: number;
  /** Finished epochs: with a model all that were trained, else those that the run can be gone on from. */
  readonly epochs: number;
  /** Without a model: steps of the next epoch that the run can be gone on from, when there are any. */
  readonly steps?: number;
  readonly error?: SerializedError;
}

/** All that a training needs, opened by the caller; `train` closes none of it. */
export interface TrainOptions {
  /** The run's id. */
  readonly run: string;
  readonly config: TrainConfig;
  readonly dataset: Dataset;
  readonly split: Split;
  readonly weights: TrunkWeights;
  readonly backend: Backend;
  readonly prepare: PrepareImage;
  /** Images that may be prepared at once: a few for each decoding thread. */
  readonly decodeAhead: number;
  readonly store: FeatureStore;
  /** The run goes on from what this holds. */
  readonly checkpoints: CheckpointStore;
  /** Keeps the finished model. @returns where it is. */
  readonly saveModel: (model: Model) => Promise<string>;
  /** Whether the model is to know pictures that are like nothing it learned from. @default true */
  readonly likeness?: boolean;
  /** @default nothing is said of any */
  readonly foreign?: ForeignImages;
  /** Versions of what made the model, for its record, beside the engine's: `{ graft: "0.1.0" }`. */
  readonly versions?: Readonly<Record<string, string>>;
  /** Others who may compute some of the features. @default nobody */
  readonly shards?: ShardBoard;
  /** `seq` of the first event: a resumed run counts on. @default 0 */
  readonly firstSeq?: number;
  /**
   * Aborting it stops after the running step with a checkpoint, and `run-end` says "interrupted"; with the reason "cancel"
   * without one, and it says "cancelled".
   */
  readonly signal?: AbortSignal;
  /** Work that a kill costs at most, where writing a checkpoint is quick (`checkpointInterval`). @default 30 s */
  readonly checkpointMs?: number;
  /** Milliseconds between two events of one kind that tell how far the work is. @default 100 */
  readonly eventIntervalMs?: number;
  /** How many checkpoints were asked for so far; one more is written at the end of the running step. */
  readonly checkpointsAsked?: (() => number) | undefined;
  /** Milliseconds since 1970, for what says when: the events' `time`. It may be set back. @default Date.now */
  readonly now?: () => number;
  /**
   * Milliseconds since some moment, for what says how long: a clock that never goes back.
   * @default `now` where that is given, else performance.now
   */
  readonly clock?: () => number;
}
