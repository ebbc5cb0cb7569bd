import type { TrainConfig } from "../config/config.ts";
import { maxEpochs } from "./phase-plan.ts";

/**
 * The augmented copies of an image that are computed before the first epoch and read by all, in the order of a table's
 * rows; undefined for `online`, where each epoch computes its own. No copy that no epoch would use is among them.
 */
export function cachedVariants(config: TrainConfig): readonly number[] | undefined {
  const { augment, variants } = config;
  if (augment === null) return [0];
  if (variants === "online") return undefined;
  return Array.from({ length: Math.min(variants, maxEpochs(config)) }, (_, variant) => variant);
}

/** The copy of each image that an epoch (counts from 1) trains on. */
export function variantOfEpoch({ augment, variants }: TrainConfig, epoch: number): number {
  if (augment === null) return 0;
  return variants === "online" ? epoch : (epoch - 1) % variants;
}
