import type { BestEpoch, Checkpoint } from "../checkpoint/types.ts";
import type { HeadValues } from "../head/types.ts";
import type { Metrics } from "./events.ts";

/** Of one finished epoch; without validation images it has no `val…`. */
export type EpochMetrics = Metrics & Required<Pick<Metrics, "loss" | "accuracy">>;

/** How far a run is: it moves on at each epoch's end, by whole epochs. */
export interface RunProgress {
  /** Finished epochs. */
  epoch: number;
  /** Updates since the start of the run. */
  step: number;
  history: readonly Metrics[];
  best: BestEpoch | null;
  /** Seconds of training, those before a resume included. */
  seconds: number;
}

/** What an epoch brings. */
interface FinishedEpoch {
  readonly metrics: EpochMetrics;
  readonly steps: number;
  readonly seconds: number;
  /** The weights, when the epoch is the best so far. */
  readonly values?: HeadValues;
}

/** Where a checkpoint stands, or the start. */
export function progressOf(checkpoint: Checkpoint | undefined): RunProgress {
  if (!checkpoint) return { epoch: 0, step: 0, history: [], best: null, seconds: 0 };
  const { epoch, step, history, best, seconds } = checkpoint;
  return { epoch, step, history, best, seconds };
}

/** Moves on by one epoch. What the progress held before stays as it was for whoever took it. */
export function finishEpoch(progress: RunProgress, { metrics, steps, seconds, values }: FinishedEpoch): void {
  progress.epoch += 1;
  progress.step += steps;
  progress.history = [...progress.history, metrics];
  progress.seconds += seconds;
  if (values) progress.best = { epoch: progress.epoch, metrics, values };
}
