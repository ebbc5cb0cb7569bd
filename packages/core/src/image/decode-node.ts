import sharp from "sharp";
import { CoreError } from "../errors.ts";
import { decodeBmp } from "./decode-bmp.ts";
import { differenceHash } from "./difference-hash.ts";
import { imageFormat } from "./sniff.ts";
import type { ImageDecoder, ImageFormat, RgbImage } from "./types.ts";

/** 100 megapixels: 300 MB of bytes, the most that one image may take of memory. */
export const MAX_PIXELS = 100_000_000;

let prepared = false;

/**
 * Process-wide settings of libvips, set once: only the loaders of formats we take (SVG, PDF and the rest are attack
 * surface), one thread an image (parallel work is over images, not inside one), and no cache of operations.
 */
function prepareSharp(): void {
  if (prepared) return;
  prepared = true;
  const wanted = ["Jpeg", "Png", "Webp", "Nsgif", "Tiff", "Heif"];
  sharp.block({ operation: ["VipsForeignLoad"] });
  sharp.unblock({ operation: wanted.map((name) => `VipsForeignLoad${name}`) });
  sharp.concurrency(1);
  sharp.cache(false);
}

function decodeFailure(cause: unknown, format: ImageFormat): CoreError {
  const reason = (cause instanceof Error ? cause.message : String(cause)).trim().split("\n")[0] ?? "";
  if (/pixel limit|too large|dimensions exceed/i.test(reason))
    return new CoreError(
      "limit",
      { what: "The image is too large.", expected: `at most ${MAX_PIXELS / 1e6} megapixels` },
      { cause },
    );
  const what = `The ${format.toUpperCase()} image is damaged or cut off (${reason}).`;
  return new CoreError("corrupt", { what, fix: "Save it again from its source, or remove it." }, { cause });
}

async function decode(bytes: Uint8Array): Promise<{ format: ImageFormat; image: RgbImage }> {
  const format = imageFormat(bytes);
  if (format === "bmp") return { format, image: decodeBmp(bytes, MAX_PIXELS) };
  prepareSharp();
  try {
    const { data, info } = await sharp(bytes, { autoOrient: true, limitInputPixels: MAX_PIXELS })
      .flatten({ background: "#ffffff" })
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new TypeError(`${info.channels} channels`);
    return { format, image: { width: info.width, height: info.height, data } };
  } catch (error) {
    throw decodeFailure(error, format);
  }
}

/**
 * sharp (libvips). The pixels equal Pillow's for JPEGs without a profile; an embedded ICC profile is applied, so that
 * the bytes are sRGB, where Pillow leaves it aside. EXIF orientation is applied, alpha laid over white, the first frame
 * of an animation taken, 16 bits cut to 8.
 */
export const nodeDecoder: ImageDecoder = {
  async decode(bytes) {
    return (await decode(bytes)).image;
  },
  async inspect(bytes) {
    const { format, image } = await decode(bytes);
    return { format, width: image.width, height: image.height, perceptualHash: differenceHash(image) };
  },
};
