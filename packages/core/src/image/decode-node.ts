import { decodeBmp } from "./decode-bmp.ts";
import { decodeJpeg } from "./decode-jpeg-node.ts";
import { decodePlain } from "./decode-plain-node.ts";
import { decodePnm } from "./decode-pnm.ts";
import { decodeTiff } from "./decode-tiff-node.ts";
import { decodeWide } from "./decode-wide-node.ts";
import { differenceHash } from "./difference-hash.ts";
import { pngHeader } from "./png-header.ts";
import { imageFormat } from "./sniff.ts";
import type { DecodedImage, ImageDecoder, ImageFacts, ImageFormat, RgbImage } from "./types.ts";
import { decodeFailure, MAX_PIXELS } from "./vips-node.ts";
import type { WideFacts } from "./wide-pixels.ts";

export { MAX_PIXELS } from "./vips-node.ts";

async function decodePng(bytes: Uint8Array): Promise<DecodedImage> {
  const { bitDepth, colours, hasAlpha, declared } = pngHeader(bytes);
  if (bitDepth !== 16) return { image: await decodePlain(bytes) };
  const facts: WideFacts = {
    name: "PNG",
    type: "uint16",
    colours,
    zeroIsWhite: false,
    ...(hasAlpha && { alpha: colours }),
    ...(declared && { declared }),
  };
  return decodeWide(bytes, facts, () => decodePlain(bytes, { fromP3: true }));
}

async function decodeFormat(bytes: Uint8Array, format: ImageFormat): Promise<DecodedImage> {
  switch (format) {
    case "bmp":
      return { image: decodeBmp(bytes, MAX_PIXELS) };
    case "pbm":
    case "pgm":
    case "ppm":
    case "pam":
      return decodePnm(bytes, MAX_PIXELS);
    case "jpeg":
      return decodeJpeg(bytes);
    case "png":
      return decodePng(bytes);
    case "tiff":
      return decodeTiff(bytes);
    default:
      return { image: await decodePlain(bytes) };
  }
}

async function decode(bytes: Uint8Array): Promise<DecodedImage & { readonly format: ImageFormat }> {
  const format = imageFormat(bytes);
  try {
    return { format, ...(await decodeFormat(bytes, format)) };
  } catch (error) {
    throw decodeFailure(error, format);
  }
}

/**
 * sharp (libvips), and own code for what it does not read or would misread (BMP, Netpbm, numbers of 16 and 32 bits). EXIF
 * orientation is applied, alpha laid over white, the first frame of an animation taken, 16 bits cut to 8, or the bits
 * that a picture uses of them. What was decided where a file does not say it itself is in `ImageFacts.readings`.
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
    return (await inspectPixels(bytes)).facts;
  },
};

/** `nodeDecoder.inspect` for who needs the pixels, too. @throws as it. */
export async function inspectPixels(
  bytes: Uint8Array,
): Promise<{ readonly facts: ImageFacts; readonly image: RgbImage }> {
  const { format, image, readings = [] } = await decode(bytes);
  const { width, height } = image;
  const facts = { format, width, height, perceptualHash: differenceHash(image) };
  return { facts: readings.length === 0 ? facts : { ...facts, readings }, image };
}
