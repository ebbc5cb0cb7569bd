import type { CheckpointStore } from "../checkpoint/types.ts";
import type { TrainConfig } from "../config/config.ts";
import type { Dataset, Split } from "../dataset/types.ts";
import type { Metrics, RunStatus, TrainEvent } from "../events/events.ts";
import type { WeightsInfo } from "../trunk/types.ts";
import type { RunBeginning } from "./run-beginning.ts";
import type { RunRecord, RunRecordChange } from "./run-record.ts";

/** "running" only while whoever works on it lives. */
export type RunState = "created" | "running" | RunStatus;

/** What a run starts from. */
export interface NewRun {
  /** `newRunId`. @default one of the data set's name and the time */
  readonly id?: string;
  readonly config: TrainConfig;
  /** What the user calls the data set. */
  readonly datasetName: string;
  /** What is to be shown of it; JSON. */
  readonly dataset?: Readonly<Record<string, unknown>>;
  readonly split: Split;
  /** What the split is of: each image's class and name, to be compared when the run goes on. */
  readonly images?: Pick<Dataset, "labels" | "images">;
  readonly weights: WeightsInfo;
  /** The words after `graft`. */
  readonly command?: readonly string[];
  /** Where the model is to go, absolute. @default the run's own place */
  readonly out?: string;
  /** A model that is there already may be replaced. @default false */
  readonly force?: boolean;
}

/** One run, wherever its host keeps it. Reading is free to all; what writes belongs to the holder of the lock. */
export interface StoredRun {
  readonly id: string;
  /** As last read or written here. */
  readonly record: RunRecord;
  readonly split: Split;
  /** What the run noted of itself when it began: what `checkResumable` compares. */
  beginning(): Promise<RunBeginning>;
  readonly checkpoints: CheckpointStore;
  /** Changes the record, whole or not at all. @throws CoreError `disk-full`. */
  updateRecord(change: RunRecordChange): Promise<RunRecord>;
  /** @throws CoreError `disk-full`. */
  appendEvent(event: TrainEvent): Promise<void>;
  /** First to last; what a killed process left of its last one is passed over. @throws CoreError `corrupt`. */
  readEvents(): Promise<readonly TrainEvent[]>;
  /** How the run stands, whatever its process could still say: one that is gone without an end was interrupted. */
  state(): Promise<RunState>;
  /** @throws CoreError `conflict` that names who works on it. */
  lock(): Promise<AsyncDisposable>;
}

/** A line of a list of runs. */
export interface RunSummary {
  readonly id: string;
  /** "broken": it cannot be read; `problem` says why. */
  readonly state: RunState | "broken";
  readonly record?: RunRecord;
  /** Of the kept epoch. */
  readonly metrics?: Metrics;
  /** The process that works on it, where the host has such numbers. */
  readonly pid?: number;
  readonly problem?: string;
}

/** The runs of one host. */
export interface RunStore {
  /** @throws CoreError `disk-full`. */
  create(run: NewRun): Promise<StoredRun>;
  /** @throws CoreError `not-found` that lists near names, `corrupt`, `unsupported`. */
  open(id: string): Promise<StoredRun>;
  /** Newest first. A run that cannot be read is in the list with its problem. */
  list(): Promise<readonly RunSummary[]>;
  /** Removes a run and all that is its. @throws CoreError `not-found`, `conflict` while it is worked on. */
  remove(id: string): Promise<void>;
}
