import type { RgbImage } from "./types.ts";

export interface EncodeOptions {
  /** png loses nothing; webp is small. */
  readonly format: "png" | "webp";
  /** Size of the encoded image in pixels. @default the image's own */
  readonly size?: { readonly width: number; readonly height: number };
}

/** Quality of lossy pictures: those of a report, which people look at in small. */
const WEBP_QUALITY = 78;

/** Pixels as the bytes of an image file. */
export async function encodeImage(image: RgbImage, { format, size }: EncodeOptions): Promise<Uint8Array> {
  const { width, height, data } = image;
  // few commands draw pictures, and loading it takes 0.13 s
  const { default: sharp } = await import("sharp");
  const raw = sharp(data, { raw: { width, height, channels: 3 } });
  const sized = size ? raw.resize(size.width, size.height, { fit: "fill" }) : raw;
  return format === "png"
    ? sized.png().toBuffer()
    : sized.webp({ quality: WEBP_QUALITY, effort: 1 }).toBuffer();
}
