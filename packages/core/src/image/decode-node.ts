import sharp from "sharp";
import { CoreError } from "../errors.ts";
import { cmykToRgb } from "./cmyk.ts";
import { decodeBmp } from "./decode-bmp.ts";
import { differenceHash } from "./difference-hash.ts";
import { jpegChannels } from "./jpeg-channels.ts";
import { imageFormat } from "./sniff.ts";
import type { ImageDecoder, ImageFormat, RgbImage } from "./types.ts";

/** 100 megapixels: 300 MB of bytes, the most that one image may take of memory. */
export const MAX_PIXELS = 100_000_000;

/**
 * Every loader of libvips but those of the formats we take (the rest is attack surface; a build has only some of them,
 * unknown names are passed over). Uhdr is a JPEG with a gain map, which the plain JPEG loader reads without it.
 */
const REFUSED_LOADERS = [
  ...[
    "Analyze",
    "Csv",
    "DcRaw",
    "Fits",
    "Jp2k",
    "Jxl",
    "Magick",
    "Magick7",
    "Mat",
    "Matrix",
    "Nifti",
    "Openexr",
  ],
  ...["Openslide", "Pdf", "Ppm", "Rad", "Raw", "Svg", "Uhdr", "Vips"],
] as const;

let prepared = false;

/**
 * Settings of libvips that hold for the process, set by each thread: no loader that we do not take, one thread an image
 * (parallel work is over images, not inside one), and no cache of operations. Another thread may be decoding right now,
 * so nothing here may pass through a state in which that fails: loaders are refused by name, never all and then some back.
 */
function prepareSharp(): void {
  if (prepared) return;
  prepared = true;
  sharp.block({ operation: REFUSED_LOADERS.map((name) => `VipsForeignLoad${name}`) });
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

/**
 * Four inks of 8 bits, no profile (other CMYK, of 16 bits or with alpha, is left to libvips). Only a JPEG of four channels
 * and a TIFF can be CMYK; libvips is asked about these alone, for it takes 0.1 ms.
 */
async function isPlainCmyk(bytes: Uint8Array, format: ImageFormat): Promise<boolean> {
  if (format === "jpeg" ? jpegChannels(bytes) !== 4 : format !== "tiff") return false;
  const facts = await sharp(bytes, { limitInputPixels: MAX_PIXELS }).metadata();
  return facts.space === "cmyk" && facts.channels === 4 && facts.depth === "uchar" && !facts.hasProfile;
}

async function decode(bytes: Uint8Array): Promise<{ format: ImageFormat; image: RgbImage }> {
  const format = imageFormat(bytes);
  if (format === "bmp") return { format, image: decodeBmp(bytes, MAX_PIXELS) };
  prepareSharp();
  try {
    const cmyk = await isPlainCmyk(bytes, format);
    const source = sharp(bytes, { autoOrient: true, limitInputPixels: MAX_PIXELS });
    // sRGB is what sharp gives unless told otherwise
    const eightBit = cmyk
      ? source.pipelineColourspace("cmyk").toColourspace("cmyk")
      : source.flatten({ background: "#ffffff" });
    const { data, info } = await eightBit.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    if (channels !== (cmyk ? 4 : 3)) throw new TypeError(`${channels} channels`);
    return { format, image: { width, height, data: cmyk ? cmykToRgb(data) : data } };
  } catch (error) {
    throw decodeFailure(error, format);
  }
}

/**
 * sharp (libvips). EXIF orientation is applied, alpha laid over white, the first frame of an animation taken, 16 bits cut
 * to 8.
 *
 * The pixels equal Pillow's for files without a profile, lossy ones and CMYK among them (inks are taken as Adobe writes
 * them, inverted, whether or not a JPEG says so: Pillow and libvips agree on that). Alpha may differ by 1, being rounded
 * otherwise, and AVIF where its chroma is halved. For CMYK libvips would take a profile of its own for printer's inks, on
 * average 12 of 255 away from what Keras and browsers show. An embedded ICC profile is applied, for RGB and CMYK, so
 * that the bytes are sRGB: Pillow leaves it aside, but it says what the numbers mean, and a browser applies it too.
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
