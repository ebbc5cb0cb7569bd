import type { Augmentation } from "../config/config.ts";
import { createRandom } from "../numbers/random.ts";

/** One drawn change of an image, in Keras's words. */
export interface ImageChange {
  /** Degrees. */
  readonly theta: number;
  /** Rows, in pixels. */
  readonly tx: number;
  /** Columns, in pixels. */
  readonly ty: number;
  /** Degrees. */
  readonly shear: number;
  /** Rows' and columns' scale of the reading position: above 1 shows more of the image, smaller. */
  readonly zx: number;
  readonly zy: number;
  readonly flip: boolean;
  /** Factor; 1 leaves the image alone. */
  readonly brightness: number;
}

/** Which copy of which image: the same key draws the same change. */
export interface VariantKey {
  /** SHA-256 of the image's file. */
  readonly hash: string;
  readonly variant: number;
}

/**
 * Draws a change, in the order of Keras's ImageDataGenerator.get_random_transform (keras/src/legacy/preprocessing/
 * image.py). Every number is drawn even where its setting is 0, so that turning one setting off leaves the others as
 * they were. `shift` is a fraction up to 1 (Keras reads exactly 1 as one pixel).
 */
export function drawChange(settings: Augmentation, size: number, { hash, variant }: VariantKey): ImageChange {
  // not the run's seed: copies are kept and shared between runs; the 0 stands where every kept copy was drawn with one
  const random = createRandom("augment", 0, hash, variant);
  const within = (range: number): number => (random() * 2 - 1) * range;
  return {
    theta: within(settings.rotation),
    tx: within(settings.shift) * size,
    ty: within(settings.shift) * size,
    shear: within(settings.shear),
    zx: 1 + within(settings.zoom),
    zy: 1 + within(settings.zoom),
    flip: random() < 0.5 && settings.flip,
    brightness: 1 + within(settings.brightness),
  };
}

/**
 * Rotation · shift · shear · zoom about the middle (size / 2 − 0.5, Keras 3): where output (row, column) is read from,
 * as [rowRow, rowColumn, rowOffset, columnRow, columnColumn, columnOffset].
 */
function readingMatrix({ theta, tx, ty, shear, zx, zy }: ImageChange, size: number) {
  const [angle, skew] = [(theta * Math.PI) / 180, (shear * Math.PI) / 180];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const a = cos * zx;
  const b = (-cos * Math.sin(skew) - sin * Math.cos(skew)) * zy;
  const c = sin * zx;
  const d = (-sin * Math.sin(skew) + cos * Math.cos(skew)) * zy;
  const middle = size / 2 - 0.5;
  const rowOffset = cos * tx - sin * ty + middle - (a + b) * middle;
  const columnOffset = sin * tx + cos * ty + middle - (c + d) * middle;
  return [a, b, rowOffset, c, d, columnOffset] as const;
}

/** scipy's affine_transform of order 1, mode "nearest": bilinear between pixels, edges go on outside. */
function transformPixels(pixels: Uint8Array, change: ImageChange, size: number): Uint8Array {
  const [a, b, rowOffset, c, d, columnOffset] = readingMatrix(change, size);
  const out = new Uint8Array(pixels.length);
  const last = size - 1;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const row = Math.min(Math.max(a * y + b * x + rowOffset, 0), last);
      const column = Math.min(Math.max(c * y + d * x + columnOffset, 0), last);
      const top = Math.floor(row);
      const left = Math.floor(column);
      const down = row - top;
      const right = column - left;
      const above = (top * size + left) * 3;
      const below = top < last ? above + size * 3 : above;
      const next = left < last ? 3 : 0;
      const write = (y * size + (change.flip ? last - x : x)) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const p = above + channel;
        const q = below + channel;
        const high = (pixels[p] ?? 0) * (1 - right) + (pixels[p + next] ?? 0) * right;
        const low = (pixels[q] ?? 0) * (1 - right) + (pixels[q + next] ?? 0) * right;
        out[write + channel] = high * (1 - down) + low * down + 0.5;
      }
    }
  }
  return out;
}

/**
 * The changed image: [size, size, 3] bytes in and out, a new array. Values round to the nearest byte after the
 * geometry (Keras keeps float32 there, less than half a level away), and brightness cuts as Pillow's does.
 */
export function changeImage(pixels: Uint8Array, size: number, change: ImageChange): Uint8Array {
  const out = transformPixels(pixels, change, size);
  if (change.brightness !== 1)
    for (let at = 0; at < out.length; at++) out[at] = Math.min((out[at] ?? 0) * change.brightness, 255);
  return out;
}

/** The `variant`-th augmented copy of an image of [size, size, 3] bytes: a pure function of its arguments. */
export function augmentImage(pixels: Uint8Array, settings: Augmentation, key: VariantKey): Uint8Array {
  const size = Math.sqrt(pixels.length / 3);
  return changeImage(pixels, size, drawChange(settings, size, key));
}
