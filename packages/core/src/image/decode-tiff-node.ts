import { decodePlain } from "./decode-plain-node.ts";
import { decodeWide } from "./decode-wide-node.ts";
import { overWhite } from "./over-white.ts";
import { type TiffPlan, tiffPlan } from "./tiff-plan.ts";
import type { DecodedImage, RgbImage } from "./types.ts";
import { openImage } from "./vips-node.ts";

/** Colours and alpha of 8 bits with further bands after them, which libvips would take the last one of for alpha. */
async function decodeBands(bytes: Uint8Array, { colours }: TiffPlan, alpha: number): Promise<RgbImage> {
  const { data, info } = await openImage(bytes, { failOn: "error" })
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
      rgb[write++] = overWhite(data[read + (colours === 1 ? 0 : channel)] ?? 0, data[read + alpha] ?? 0);
  return { width, height, data: rgb };
}

/**
 * A TIFF, by what its tags say of bands and numbers (`tiffPlan`). libtiff's warnings (tags that it does not know, bands
 * that do not add up) stop nothing, its errors do: a file that is cut off is one.
 * @throws CoreError `bad-input`, with advice; libvips's own errors.
 */
export async function decodeTiff(bytes: Uint8Array): Promise<DecodedImage> {
  const plan = tiffPlan(bytes);
  const { wide, colours, alpha, extras, zeroIsWhite, declared } = plan;
  const asideReadings = extras > 0 ? (["extra-band"] as const) : [];
  const plain = (): Promise<RgbImage> =>
    decodePlain(bytes, {
      failOn: "error",
      coloursOnly: extras > 0 && alpha === undefined,
      mayBeCmyk: colours === 4,
    });
  if (wide && colours !== 4) {
    const facts = { name: "TIFF", type: wide, colours, zeroIsWhite, ...(declared && { declared }) };
    const { image, readings = [] } = await decodeWide(
      bytes,
      { ...facts, ...(alpha === undefined ? {} : { alpha }) },
      plain,
    );
    return { image, readings: [...readings, ...asideReadings] };
  }
  const isMixed = extras > 0 && alpha !== undefined && colours === 3;
  return { image: isMixed ? await decodeBands(bytes, plan, alpha) : await plain(), readings: asideReadings };
}
