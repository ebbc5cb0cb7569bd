import type { PhaseStart } from "../checkpoint/types.ts";
import type { TrainConfig } from "../config/config.ts";
import type { RateOption } from "./diverged.ts";
import { shouldStop } from "./early-stopping.ts";
import { phaseHistory, type RunProgress } from "./run-progress.ts";
import type { Schedule } from "./schedule.ts";

/** What a config asks of a phase. */
export function scheduleOf(config: TrainConfig, phase: PhaseStart["name"]): Schedule {
  if (phase === "head") {
    const { schedule: kind, learningRate, warmup, epochs } = config;
    return { kind, learningRate, warmup, epochs };
  }
  return {
    kind: config.fineTuneSchedule,
    learningRate: config.fineTuneLearningRate,
    warmup: config.fineTuneWarmup,
    epochs: config.fineTuneEpochs,
  };
}

/** The option that sets a phase's learning rate, for advice. */
export function rateOption(phase: PhaseStart["name"]): RateOption {
  return phase === "head" ? "learningRate" : "fineTuneLearningRate";
}

/** True when no epoch is left to be trained in the phase that the run is in. */
export function isPhaseDone(progress: RunProgress, config: TrainConfig): boolean {
  const { epochs } = scheduleOf(config, progress.phase.name);
  const history = phaseHistory(progress);
  return history.length >= epochs || shouldStop(history, config.earlyStop);
}

/** True when no epoch is left to be trained in the whole run. */
export function isTrained(progress: RunProgress, config: TrainConfig): boolean {
  const isLast = config.fineTune === null || progress.phase.name === "fine-tune";
  return isLast && isPhaseDone(progress, config);
}

/** Epochs of a whole run, at most. */
export function maxEpochs({ epochs, fineTune, fineTuneEpochs }: TrainConfig): number {
  return epochs + (fineTune === null ? 0 : fineTuneEpochs);
}
