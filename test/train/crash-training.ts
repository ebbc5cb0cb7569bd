import type { TrainConfigInput } from "@graft/core";

/** Long enough to be killed several times: some seconds, most of them in the epochs and their checkpoints. */
export const CRASH_CONFIG: TrainConfigInput = {
  ...{ epochs: 60, batchSize: 4, earlyStop: null, augment: {}, variants: 3 },
  classWeights: "balanced",
};
export const CRASH_IMAGES = 120;
