import type { SerializedError } from "../errors.ts";

/** Fields of every event: the run's id, a number that counts from 0 without gaps, milliseconds since 1970. */
interface EventBase {
  readonly run: string;
  readonly seq: number;
  readonly time: number;
}

export type Phase = "scan" | "trunk" | "features" | "head" | "fine-tune" | "evaluate" | "save";
export type RunStatus = "completed" | "failed" | "cancelled" | "interrupted";

export interface Metrics {
  readonly loss?: number;
  readonly accuracy?: number;
  readonly valLoss?: number;
  readonly valAccuracy?: number;
  /**
   * Of the kept epoch of a training with `precision` int8: the validation accuracy behind the float32 trunk, which
   * predicts. The others are behind the int8 trunk.
   */
  readonly float32ValAccuracy?: number;
}

export interface RunStartEvent extends EventBase {
  readonly type: "run-start";
  /** The run goes on from a checkpoint of this epoch. */
  readonly resumedFromEpoch?: number;
  readonly labels: readonly string[];
  readonly images: { readonly train: number; readonly validation: number; readonly test: number };
  readonly backend: string;
  readonly weights: string;
}
export interface PhaseStartEvent extends EventBase {
  readonly type: "phase-start";
  readonly phase: Phase;
  /** Units of work in this phase, when known: images, or steps. */
  readonly total?: number;
}
export interface ProgressEvent extends EventBase {
  readonly type: "progress";
  readonly phase: Phase;
  readonly done: number;
  readonly total: number;
  readonly unit: "images" | "bytes" | "steps";
  /** Units a second over the last seconds. */
  readonly rate?: number;
}
export interface StepEndEvent extends EventBase {
  readonly type: "step-end";
  /** Counts from 1, on through the phases. */
  readonly epoch: number;
  /** The last one there may be in this phase. */
  readonly epochs: number;
  /** Counts from 1 within the epoch. */
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
}
export interface EpochEndEvent extends EventBase, Required<Pick<Metrics, "loss" | "accuracy">>, Metrics {
  readonly type: "epoch-end";
  /** Counts from 1, on through the phases. */
  readonly epoch: number;
  /** The last one there may be in this phase. */
  readonly epochs: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly seconds: number;
  /** True when this is the best epoch so far. */
  readonly best: boolean;
}
export interface WarningEvent extends EventBase {
  readonly type: "warning";
  readonly code: string;
  readonly message: string;
}
/** How something was read or decided that its owner should know of; nothing is wrong. */
export interface NoteEvent extends EventBase {
  readonly type: "note";
  /** "weights", "broken-files", a `DatasetNote`'s, a `DatasetWarning`'s … */
  readonly code: string;
  readonly message: string;
}
export interface CheckpointEvent extends EventBase {
  readonly type: "checkpoint";
  /** Finished epochs that it holds. */
  readonly epoch: number;
  /** Steps of the next epoch that it holds, when there are any. */
  readonly step?: number;
}
export interface RunEndEvent extends EventBase {
  readonly type: "run-end";
  readonly status: RunStatus;
  /** Of the epoch that was kept. */
  readonly metrics?: Metrics;
  readonly keptEpoch?: number;
  readonly lastEpoch?: Metrics;
  /** Finished ones. */
  readonly epochs: number;
  /** Of a run that was stopped: steps of the next epoch that are kept too. */
  readonly steps?: number;
  readonly seconds: number;
  readonly backend: string;
  /** Where the model is, when there is one. */
  readonly model?: string;
  readonly error?: SerializedError;
}

/** What a training says while it runs: the same object goes to the log, the store, the subscription and the chart. */
export type TrainEvent =
  | RunStartEvent
  | PhaseStartEvent
  | ProgressEvent
  | StepEndEvent
  | EpochEndEvent
  | WarningEvent
  | NoteEvent
  | CheckpointEvent
  | RunEndEvent;

/** An event before the run gives it its id, number and time. */
export type TrainEventBody = TrainEvent extends infer E
  ? E extends EventBase
    ? Omit<E, keyof EventBase>
    : never
  : never;
