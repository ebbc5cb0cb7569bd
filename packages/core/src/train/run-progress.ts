import type { BestEpoch, Checkpoint, EpochProgress, PhaseStart } from "../checkpoint/types.ts";
import type { Metrics } from "../events/events.ts";
import type { HeadValues } from "../head/types.ts";

/** Of one finished epoch; without validation images it has no `val…`. */
export type EpochMetrics = Metrics & Required<Pick<Metrics, "loss" | "accuracy">>;

/** How far a run is. */
export interface RunProgress {
  /** The phase that the run is in, and where it began. */
  phase: PhaseStart;
  /** Finished epochs. */
  epoch: number;
  /** Updates since the start of the run. */
  step: number;
  history: readonly Metrics[];
  best: BestEpoch | null;
  /** The epoch that has begun, while there is one. */
  partial: EpochProgress | null;
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
  const phase = { name: "head", epoch: 0, step: 0 } as const;
  if (!checkpoint) return { phase, epoch: 0, step: 0, history: [], best: null, partial: null, seconds: 0 };
  const { epoch, step, history, best, partial, seconds } = checkpoint;
  return {
    ...{ phase: checkpoint.phase, epoch, step, history, best, seconds },
    partial: partial && { ...partial },
  };
}

/** Moves on by one epoch. What the progress held before stays as it was for whoever took it. */
export function finishEpoch(progress: RunProgress, { metrics, steps, seconds, values }: FinishedEpoch): void {
  progress.epoch += 1;
  progress.step += steps;
  progress.history = [...progress.history, metrics];
  progress.seconds += seconds;
  progress.partial = null;
  if (values) progress.best = { epoch: progress.epoch, metrics, values };
}

/** The finished epochs of the phase that the run is in. */
export function phaseHistory({ phase, history }: RunProgress): readonly Metrics[] {
  return history.slice(phase.epoch);
}

/** Goes on to fine-tuning, from where the head's epochs ended. */
export function startFineTune(progress: RunProgress): void {
  progress.phase = { name: "fine-tune", epoch: progress.epoch, step: progress.step };
}
