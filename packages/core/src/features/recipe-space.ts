import type { Backend } from "../backend.ts";
import type { ImageRule } from "../image/types.ts";
import type { Augmentation, TrainConfig } from "../train/config.ts";
import { featureShape } from "../trunk/build.ts";
import type { WeightsInfo } from "../trunk/types.ts";
import { featureSpace } from "./space.ts";
import type { FeatureSpace } from "./types.ts";

/** What of the trunk's block a recipe takes. The gap recipe averages anyway: 3 KB an image and copy instead of 150. */
export const poolOf = (recipe: TrainConfig["recipe"]): "avg" | "none" => (recipe === "gap" ? "avg" : "none");

/** Shape of one row of features: [channels] or [height, width, channels]. */
export function rowShapeOf({ recipe, cut, size }: Pick<TrainConfig, "recipe" | "cut" | "size">): number[] {
  const block = featureShape(cut, size);
  return poolOf(recipe) === "avg" ? block.slice(-1) : [...block];
}

/** The space of a recipe's features, with an augmentation or without (null). */
export function recipeSpace(options: {
  readonly config: Pick<TrainConfig, "recipe" | "cut" | "cacheType">;
  readonly rule: ImageRule;
  readonly weights: WeightsInfo;
  readonly augmentation: Augmentation | null;
  readonly backend: Pick<Backend, "id" | "device">;
}): FeatureSpace {
  const { config, ...others } = options;
  const { recipe, cut, cacheType } = config;
  return featureSpace({ ...others, cut, cacheType, pool: poolOf(recipe) });
}
