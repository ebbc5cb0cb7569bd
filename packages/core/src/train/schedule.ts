import type { SCHEDULES } from "../config/config.ts";
import type { Metrics } from "../events/events.ts";

/** What a phase's learning rate is made of. */
export interface Schedule {
  readonly kind: (typeof SCHEDULES)[number];
  /** Its highest value. */
  readonly learningRate: number;
  /** Epochs in which it grows to that. */
  readonly warmup: number;
  /** Epochs of the phase at most: where cosine ends. */
  readonly epochs: number;
}

/** When a step is taken. */
export interface ScheduledStep {
  /** Updates of the phase before this one. */
  readonly step: number;
  readonly stepsPerEpoch: number;
  /** Of the phase's finished epochs. */
  readonly history: readonly Metrics[];
}

/** Keras's ReduceLROnPlateau, with a patience that comes before early stopping's. */
const PLATEAU = { factor: 0.5, patience: 3, minDelta: 1e-4 } as const;

/** How many times the rate was lowered: keras/src/callbacks/reduce_lr_on_plateau.py, cooldown 0. */
function plateaus(history: readonly Metrics[]): number {
  let [best, wait, count] = [Number.POSITIVE_INFINITY, 0, 0];
  for (const { valLoss, loss } of history) {
    const monitored = valLoss ?? loss ?? Number.POSITIVE_INFINITY;
    if (monitored < best - PLATEAU.minDelta) {
      [best, wait] = [monitored, 0];
    } else if (++wait >= PLATEAU.patience) {
      [wait, count] = [0, count + 1];
    }
  }
  return count;
}

/**
 * The learning rate of one step: a function of where the training is and of what its epochs brought, so that a resumed run
 * has the same one.
 *
 * Warm-up and cosine are Keras's (keras/src/optimizers/schedules/learning_rate_schedule.py, CosineDecay with alpha 0): with
 * W warm-up steps and D after them, rate · step / W, then rate · ½ (1 + cos(π · (step − W) / D)).
 */
export function scheduledRate(schedule: Schedule, { step, stepsPerEpoch, history }: ScheduledStep): number {
  const { kind, learningRate, warmup, epochs } = schedule;
  const warmupSteps = Math.round(warmup * stepsPerEpoch);
  if (step < warmupSteps) return (learningRate * step) / warmupSteps;
  switch (kind) {
    case "constant":
      return learningRate;
    case "cosine": {
      const length = Math.max(1, epochs * stepsPerEpoch - warmupSteps);
      return learningRate * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, (step - warmupSteps) / length)));
    }
    case "plateau":
      return learningRate * PLATEAU.factor ** plateaus(history);
  }
}
