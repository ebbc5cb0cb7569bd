import type { Backend } from "../backend/backend.ts";
import type { Augmentation, TrainConfig } from "../config/config.ts";
import type { DecoderId } from "../image/decoder-version.ts";
import type { ImageRule } from "../image/types.ts";
import { likenessLayers } from "../likeness/likeness-layers.ts";
import { featureShape, type Tap } from "../trunk/build.ts";
import { tailOf } from "../trunk/tail.ts";
import type { WeightsInfo } from "../trunk/types.ts";
import { featureSpace } from "./space.ts";
import type { FeatureSpace } from "./types.ts";

/** What of the trunk's block a recipe takes. The gap recipe averages anyway: 3 KB an image and copy instead of 150. */
export const poolOf = (recipe: TrainConfig["recipe"]): "avg" | "none" => (recipe === "gap" ? "avg" : "none");

/**
 * What a training takes of the trunk: `features` for the head, `tail` for fine-tuning, which has its cut's below it, and what
 * says how like the training a picture is.
 */
export type TapName = "features" | "tail" | "near" | "far";

/** Of `likenessLayers`, first to last. */
const LIKENESS_TAPS = ["near", "far"] as const;

type TapConfig = Pick<TrainConfig, "recipe" | "cut"> & { readonly fineTune?: TrainConfig["fineTune"] };

/** Where a config's taps are. @throws CoreError `bad-input` for a layer that cannot be fine-tuned from. */
export function recipeTap({ recipe, cut, fineTune = null }: TapConfig, name: TapName): Tap {
  if (name === "features") return { layer: cut, pool: poolOf(recipe) };
  if (name !== "tail") {
    const layer = likenessLayers({ cut, fineTune })[LIKENESS_TAPS.indexOf(name)];
    if (layer === undefined) throw new TypeError(`this config looks at fewer layers than ${name} needs`);
    return { layer, pool: "avg" };
  }
  if (fineTune === null) throw new TypeError("only a config that fine-tunes has a tail");
  return { layer: tailOf(fineTune, cut).base, pool: "none" };
}

/** The taps that a picture's likeness is taken from, in the layers' order; the head's own where that is the same. */
export function likenessTaps(config: TapConfig): readonly TapName[] {
  const own = recipeTap(config, "features");
  return LIKENESS_TAPS.slice(0, likenessLayers(config).length).map((name) => {
    const { layer, pool } = recipeTap(config, name);
    return layer === own.layer && pool === own.pool ? "features" : name;
  });
}

/** The taps of a config. */
export function tapNames(config: TapConfig): readonly TapName[] {
  const trained: readonly TapName[] = config.fineTune ? ["features", "tail"] : ["features"];
  return [...new Set([...trained, ...likenessTaps(config)])];
}

/** Shape of one row of a tap: [channels] or [height, width, channels]. @param name default: features */
export function rowShapeOf(
  config: TapConfig & Pick<TrainConfig, "size">,
  name: TapName = "features",
): number[] {
  const { layer, pool } = recipeTap(config, name);
  const block = featureShape(layer, config.size);
  return pool === "avg" ? block.slice(-1) : [...block];
}

/** The space of a recipe's features, with an augmentation or without (null). @param tap default: features */
export function recipeSpace(options: {
  readonly config: TapConfig & Pick<TrainConfig, "cacheType">;
  readonly decoder: DecoderId;
  readonly rule: ImageRule;
  readonly weights: WeightsInfo;
  readonly augmentation: Augmentation | null;
  readonly backend: Pick<Backend, "id" | "device">;
  readonly tap?: TapName;
  readonly calibration?: string | undefined;
}): FeatureSpace {
  const { config, tap = "features", ...others } = options;
  const { layer, pool } = recipeTap(config, tap);
  return featureSpace({ ...others, cut: layer, cacheType: config.cacheType, pool });
}
