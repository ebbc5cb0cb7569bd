import { hashJson } from "../canonical-json.ts";
import { lowestHashes } from "../dataset/lowest-hashes.ts";
import type { PrepareImage } from "../dataset/prepare-image.ts";
import type { DatasetImage } from "../dataset/types.ts";
import type { ImageRule } from "../image/types.ts";
import { CALIBRATION_IMAGES } from "./calibrate.ts";

/**
 * The images that int8 is calibrated on: contents with the lowest hashes, so that the choice is drawn from all classes
 * and depends on nothing but what the images are.
 */
export function calibrationImages(images: readonly DatasetImage[]): DatasetImage[] {
  return lowestHashes(images, CALIBRATION_IMAGES);
}

/** Changes with how `calibrate` and `quantizeGraph` make whole numbers: features made before are others. */
const RULE_VERSION = 2;

/** What int8 features depend on beside all that float32 features do: 64 hex digits that stand for those images. */
export const calibrationId = (images: readonly DatasetImage[]): Promise<string> =>
  hashJson({ version: RULE_VERSION, images: calibrationImages(images).map(({ hash }) => hash) });

/**
 * Pixels of the calibration's images as they are, without augmentation.
 * @returns [size, size, 3] uint8 each.
 * @throws CoreError as `prepare`, for any of them: on fewer images features would be others under the same name.
 */
export async function calibrationPixels(options: {
  readonly images: readonly DatasetImage[];
  readonly rule: ImageRule;
  readonly prepare: PrepareImage;
}): Promise<Uint8Array[]> {
  const { images, rule, prepare } = options;
  const prepared = await Promise.all(
    calibrationImages(images).map((image) => prepare(image, rule, null, [0])),
  );
  return prepared.flat();
}
