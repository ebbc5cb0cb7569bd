import type { Augmentation } from "../config/config.ts";
import type { ImageRule } from "../image/types.ts";
import type { DatasetImage } from "./types.ts";

/**
 * Reads one image of a data set and makes one [size, size, 3] uint8 image for each variant (`ImagePool.prepare` behind
 * the image's path in Node). Callers bound how many they ask for at once.
 * @throws CoreError `not-found`, `corrupt`, `bad-input`, `limit`.
 */
export type PrepareImage = (
  image: DatasetImage,
  rule: ImageRule,
  augmentation: Augmentation | null,
  variants: readonly number[],
) => Promise<readonly Uint8Array[]>;
