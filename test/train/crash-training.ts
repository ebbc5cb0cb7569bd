import type { TrainConfigInput } from "@graft/core";

/**
 * A head that stops early, then a tail, with all that depends on the epoch, the step or random numbers: long enough to be
 * killed several times.
 */
export const CRASH_CONFIG: TrainConfigInput = {
  ...{ epochs: 30, batchSize: 4, learningRate: 0.03, earlyStop: 3, augment: {}, variants: 3 },
  ...{ classWeights: "balanced", schedule: "plateau", mixup: 0.2, labelSmoothing: 0.1, optimizer: "adamw" },
  ...{ fineTune: "conv2d_12", fineTuneEpochs: 4, fineTuneLearningRate: 1e-3, fineTuneSchedule: "cosine" },
};
export const CRASH_IMAGES = 64;
