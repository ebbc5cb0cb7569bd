import { RESIZES } from "./resize.ts";
import type { ImageRule, RgbImage } from "./types.ts";

/** The middle square of an image. */
function cropSquare(image: RgbImage): RgbImage {
  const side = Math.min(image.width, image.height);
  const left = Math.floor((image.width - side) / 2);
  const top = Math.floor((image.height - side) / 2);
  const data = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++) {
    const from = ((top + y) * image.width + left) * 3;
    data.set(image.data.subarray(from, from + side * 3), y * side * 3);
  }
  return { width: side, height: side, data };
}

/** The whole image, resized to fit, in the middle of a white square: white is also what alpha is laid over. */
function padSquare(image: RgbImage, { size, resize }: ImageRule): Uint8Array {
  const scale = size / Math.max(image.width, image.height);
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const resized = RESIZES[resize](image, width, height);
  const left = Math.floor((size - width) / 2);
  const top = Math.floor((size - height) / 2);
  const data = new Uint8Array(size * size * 3).fill(255);
  for (let y = 0; y < height; y++) {
    const row = resized.data.subarray(y * width * 3, (y + 1) * width * 3);
    data.set(row, ((top + y) * size + left) * 3);
  }
  return data;
}

/**
 * The bytes that the trunk sees of an image: [size, size, 3], 0 to 255.
 *
 * `stretch` resizes both sides on their own (Keras's `target_size`), `crop` takes the middle square first, `pad` keeps
 * the aspect on white.
 */
export function applyRule(image: RgbImage, rule: ImageRule): Uint8Array {
  if (rule.fit === "pad") return padSquare(image, rule);
  const source = rule.fit === "crop" ? cropSquare(image) : image;
  return RESIZES[rule.resize](source, rule.size, rule.size).data;
}
