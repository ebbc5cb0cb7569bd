import type { DecodedImage, RgbImage } from "./types.ts";
import { openImage } from "./vips-node.ts";
import { type WideFacts, wideToRgb } from "./wide-pixels.ts";

/** libvips's names for a picture's numbers, and how they lie in memory. */
const DEPTHS = {
  uint16: ["ushort", Uint16Array],
  uint32: ["uint", Uint32Array],
  int32: ["int", Int32Array],
  float32: ["float", Float32Array],
} as const;

/** libvips's name for what a picture's numbers show: asked for what they are already, it leaves them as they are. */
function spaceOf({ type, colours }: WideFacts): string {
  if (type === "uint16") return colours === 1 ? "grey16" : "rgb16";
  if (colours === 1) return "b-w";
  return type === "float32" ? "scrgb" : "srgb";
}

/**
 * A PNG or TIFF whose numbers have 16 or 32 bits, as they lie in the file, brought to bytes by graft's own rule
 * (`wideToRgb`): libvips would take them as filling their type, and decimal ones as light, not as what is shown.
 * @param plain libvips's own way, which is taken for colours with a profile that fill their 16 bits: it applies the
 *   profile. Without that, or in fewer bits, the numbers are taken as sRGB.
 * @throws CoreError `bad-input` where it is not clear what they mean; libvips's own errors.
 */
export async function decodeWide(
  bytes: Uint8Array,
  facts: WideFacts,
  plain: () => Promise<RgbImage>,
): Promise<DecodedImage> {
  const [depth, Numbers] = DEPTHS[facts.type];
  const space = spaceOf(facts);
  const source = openImage(bytes, { ignoreIcc: true });
  const { data, info } = await source
    .clone()
    .pipelineColourspace(space)
    .toColourspace(space)
    .raw({ depth })
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const bands: number = info.channels;
  if ((facts.alpha ?? facts.colours - 1) >= bands) throw new TypeError(`${bands} channels`);
  const { buffer, byteOffset, byteLength } =
    data.byteOffset % Numbers.BYTES_PER_ELEMENT === 0 ? data : new Uint8Array(data);
  const numbers = new Numbers(buffer, byteOffset, byteLength / Numbers.BYTES_PER_ELEMENT);
  const { image, readings, isFull } = wideToRgb({ width, height, bands, data: numbers }, facts);
  const hasProfile = isFull && facts.colours === 3 && (await source.metadata()).hasProfile;
  return { image: hasProfile ? await plain() : image, readings };
}
