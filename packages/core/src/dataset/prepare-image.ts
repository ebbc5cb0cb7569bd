import type { Augmentation } from "../config/config.ts";
import type { DecoderId } from "../image/decoder-version.ts";
import type { ImageRule } from "../image/types.ts";
import type { DatasetImage } from "./types.ts";

/**
 * Reads one image of a data set and makes one [size, size, 3] uint8 image for each variant (`ImagePool.prepare` behind
 * the image's path in Node). Callers bound how many they ask for at once.
 * @throws CoreError `not-found`, `corrupt`, `bad-input`, `limit`.
 */
type Prepare = (
  image: DatasetImage,
  rule: ImageRule,
  augmentation: Augmentation | null,
  variants: readonly number[],
) => Promise<readonly Uint8Array[]>;

/** See {@link Prepare}; with what decodes. */
export type PrepareImage = Prepare & {
  /** Whose pixels these are. */
  readonly decoder: DecoderId;
};

/** @param decoder whose pixels `prepare` gives. */
export const preparedBy = (decoder: DecoderId, prepare: Prepare): PrepareImage =>
  // a function of its own: what was given may be another decoder's elsewhere
  Object.assign((...request: Parameters<Prepare>) => prepare(...request), { decoder });
