import type { TrainConfig } from "../config/config.ts";
import { lowestHashes } from "../dataset/lowest-hashes.ts";
import type { DatasetImage } from "../dataset/types.ts";
import { likenessTaps, type TapName } from "../features/recipe-space.ts";

/** With fewer training or held-back images neither the directions nor the threshold would mean much: nothing is said. */
export const FEWEST_FOR_LIKENESS = 20;
/** 256 flag within 1 % what 400 do (cats and dogs), and each one's features take 3 to 6 kB of the cache. */
const MOST_TRAINING = 512;
/** Of so many the share above the threshold is known to 1.4 %, twice its standard error. */
const MOST_HELD_BACK = 1024;

/** Of which images a likeness is learned, and what the trunk is to give of them. */
export interface LikenessImages {
  /** None when nothing can be learned. */
  readonly taps: readonly TapName[];
  /** None when nothing can be learned. */
  readonly train: readonly DatasetImage[];
  readonly validation: readonly DatasetImage[];
}

/**
 * The same sample for the same images, whatever their order.
 * @param options.likeness whether any is wanted. @default true
 */
export function likenessImages(
  { config, likeness = true }: { readonly config: TrainConfig; readonly likeness?: boolean | undefined },
  images: Readonly<Record<"train" | "validation", readonly DatasetImage[]>>,
): LikenessImages {
  const train = lowestHashes(images.train, MOST_TRAINING);
  const validation = lowestHashes(images.validation, MOST_HELD_BACK);
  const canLearn =
    likeness && train.length >= FEWEST_FOR_LIKENESS && validation.length >= FEWEST_FOR_LIKENESS;
  const taps = canLearn ? likenessTaps(config) : [];
  return taps.length === 0 ? { taps, train: [], validation: [] } : { taps, train, validation };
}
