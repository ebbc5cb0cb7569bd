import { CoreError } from "../errors.ts";
import { decodePlain } from "./decode-plain-node.ts";
import { decodeWide } from "./decode-wide-node.ts";
import { overWhite } from "./over-white.ts";
import { withCleanDirectory } from "./tiff-clean.ts";
import { type TiffPlan, tiffPlan } from "./tiff-plan.ts";
import type { DecodedImage, RgbImage } from "./types.ts";
import { openImage } from "./vips-node.ts";

/** Red, green, blue and alpha of 8 bits with further bands among them, of which libvips would take the last for alpha. */
async function decodeBands(bytes: Uint8Array, alpha: number): Promise<RgbImage> {
  const { data, info } = await openImage(bytes)
    .pipelineColourspace("srgb")
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const bands: number = info.channels;
  if (alpha >= bands) throw new TypeError(`${bands} channels`);
  const rgb = new Uint8Array(width * height * 3);
  for (let read = 0, write = 0; write < rgb.length; read += bands)
    for (let channel = 0; channel < 3; channel++)
      rgb[write++] = overWhite(data[read + channel] ?? 0, data[read + alpha] ?? 0);
  return { width, height, data: rgb };
}

async function decodePlanned(bytes: Uint8Array, plan: TiffPlan): Promise<DecodedImage> {
  const { wide, colours, alpha, extras, zeroIsWhite, declared } = plan;
  const readings = extras > 0 ? (["extra-band"] as const) : [];
  const plain = (): Promise<RgbImage> =>
    decodePlain(bytes, {
      coloursOnly: extras > 0 && alpha === undefined,
      mayBeCmyk: colours === 4,
      fromP3: wide !== undefined,
    });
  if (wide && colours !== 4) {
    const facts = { name: "TIFF", type: wide, colours, zeroIsWhite, ...(declared && { declared }) };
    const decoded = await decodeWide(bytes, { ...facts, ...(alpha === undefined ? {} : { alpha }) }, plain);
    return { image: decoded.image, readings: [...(decoded.readings ?? []), ...readings] };
  }
  const isMixed = extras > 0 && alpha !== undefined && colours === 3;
  return { image: isMixed ? await decodeBands(bytes, alpha) : await plain(), readings };
}

/**
 * A TIFF, by what its tags say of bands and numbers (`tiffPlan`). Where libtiff grumbles, its directory is put in order
 * and it is decoded once more: damage to tags that no pixel hangs on stops nothing, damage to pixels does.
 * @throws CoreError `bad-input`, with advice; libvips's own errors.
 */
export async function decodeTiff(bytes: Uint8Array): Promise<DecodedImage> {
  const plan = tiffPlan(bytes);
  try {
    return await decodePlanned(bytes, plan);
  } catch (error) {
    const clean = error instanceof CoreError ? undefined : withCleanDirectory(bytes);
    if (!clean) throw error;
    return decodePlanned(clean, plan).catch((again: unknown) => {
      throw again instanceof CoreError ? again : error;
    });
  }
}
