import type { DatasetImage } from "../dataset/types.ts";
import { CoreError } from "../errors.ts";
import type { ImageRule } from "../image/types.ts";
import type { PrepareImage } from "../train/types.ts";
import { CALIBRATION_IMAGES } from "./calibrate.ts";

/**
 * The images that a training calibrates on, in the order in which they are tried: contents by their hash, so that the
 * choice is drawn from all classes and depends on nothing but what the images are.
 */
export function calibrationOrder(images: readonly DatasetImage[]): DatasetImage[] {
  const byHash = new Map(images.map((image) => [image.hash, image]));
  return [...byHash.values()].sort((a, b) => (a.hash < b.hash ? -1 : 1));
}

/**
 * Pixels of the first {@link CALIBRATION_IMAGES} images that can be read, as they are (no augmentation).
 * @returns [size, size, 3] uint8 each; fewer when there are no more.
 * @throws CoreError `cancelled`.
 */
export async function calibrationPixels(options: {
  readonly images: readonly DatasetImage[];
  readonly rule: ImageRule;
  readonly prepare: PrepareImage;
}): Promise<Uint8Array[]> {
  const { images, rule, prepare } = options;
  const pixels: Uint8Array[] = [];
  const waiting = calibrationOrder(images);
  while (pixels.length < CALIBRATION_IMAGES && waiting.length > 0) {
    const next = waiting.splice(0, CALIBRATION_IMAGES - pixels.length);
    const prepared = await Promise.all(
      next.map((image) =>
        prepare(image, rule, null, [0]).catch((error: unknown) => {
          // features of such an image are reported by those who need them
          if (error instanceof CoreError && error.code !== "cancelled") return [];
          throw error;
        }),
      ),
    );
    pixels.push(...prepared.flatMap((made) => made.slice(0, 1)));
  }
  return pixels;
}
