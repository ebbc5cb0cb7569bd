import type { Metrics } from "../events/events.ts";
import type { HeadValues } from "../head/types.ts";

/** Everything a resumed run must find unchanged; a difference is refused with its name. */
export interface RunHashes {
  /** sha256 of the canonical JSON of the options that are not the default, the backend left out. */
  readonly config: string;
  readonly split: string;
  readonly weights: string;
  /** Id of the feature space of the training images, its engine left out: a run may go on with another. */
  readonly features: string;
  /** `classesHash`; a checkpoint of an older graft has none, and what it does not say is not compared. */
  readonly classes?: string;
}

/** The kept epoch. */
export interface BestEpoch {
  readonly epoch: number;
  readonly metrics: Metrics;
  readonly values: HeadValues;
}

/** How far an epoch is: what its loss and accuracy so far are made of. */
export interface EpochProgress {
  /** Steps that were taken. */
  step: number;
  lossSum: number;
  correct: number;
}

/** A phase of training, and how much of the run was done when it began. */
export interface PhaseStart {
  readonly name: "head" | "fine-tune";
  /** Finished epochs. */
  readonly epoch: number;
  /** Updates. */
  readonly step: number;
}

/** What a run goes on from: the state after the last finished step. Random state is (seed, epoch, step), so it needs no field. */
export interface Checkpoint {
  readonly version: 1;
  readonly hashes: RunHashes;
  /** The options that are not the default, to say what differs. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Where the numbers were computed: another engine, version or thread count resumes, but not bit for bit. */
  readonly backend: { readonly id: string; readonly engineVersion: string; readonly threads?: number };
  /** Whose numbers `parameters` are. */
  readonly phase: PhaseStart;
  /** Finished epochs. */
  readonly epoch: number;
  /** Updates in them since the start of the run. */
  readonly step: number;
  /** Steps of the next epoch that `parameters` have seen; null: none. */
  readonly partial: Readonly<EpochProgress> | null;
  /** Of each finished epoch, first to last. */
  readonly history: readonly Metrics[];
  /** Weights and optimiser slots by logical name (`readLogical`); none when the phase is done: nothing goes on from them. */
  readonly parameters: ReadonlyMap<string, Float32Array>;
  readonly best: BestEpoch | null;
  /** Seconds of training so far. */
  readonly seconds: number;
}

/** Where one run's checkpoints are kept. A save is all or nothing, and the one before stays until the next is whole. */
export interface CheckpointStore {
  /**
   * The newest whole checkpoint, or undefined when there is none.
   * @throws CoreError `unsupported` for one of a newer graft.
   * @param onFallback told of each thing that was damaged, so that one before it is used.
   */
  load(onFallback?: (reason: string) => void): Promise<Checkpoint | undefined>;
  /**
   * The checkpoint's arrays are the caller's again, to be written over, when the promise settles.
   * @throws CoreError `disk-full`.
   */
  save(checkpoint: Checkpoint): Promise<void>;
  /** Removes all of it: a finished run whose model is kept needs none. */
  clear(): Promise<void>;
}
