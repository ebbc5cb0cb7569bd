import type { SharpOptions } from "sharp";
import { cmykToRgb } from "./cmyk.ts";
import type { RgbImage } from "./types.ts";
import { openImage } from "./vips-node.ts";

export interface PlainOptions {
  readonly failOn?: SharpOptions["failOn"];
  /** Bands beside the colours are left aside, instead of the last one being alpha. @default false */
  readonly coloursOnly?: boolean;
  /** Colours of 16 bits with a profile: sharp brings these to Display P3 and leaves them there. @default false */
  readonly fromP3?: boolean;
  /** The picture may be CMYK: libvips is asked, which takes 0.1 ms. @default false */
  readonly mayBeCmyk?: boolean;
}

/** Inks of 8 bits, no profile (CMYK of 16 bits, with alpha or a profile is left to libvips). */
async function isPlainCmyk(bytes: Uint8Array, { failOn, coloursOnly }: PlainOptions): Promise<boolean> {
  const facts = await openImage(bytes, failOn ? { failOn } : {}).metadata();
  const { space, channels, depth, hasProfile } = facts;
  return space === "cmyk" && (channels === 4 || coloursOnly === true) && depth === "uchar" && !hasProfile;
}

/** [pixels, bands] → [pixels, 4] */
function firstFour(data: Uint8Array, bands: number): Uint8Array {
  if (bands === 4) return data;
  const inks = new Uint8Array((data.length / bands) * 4);
  for (let read = 0, write = 0; write < inks.length; read += bands, write += 4)
    inks.set(data.subarray(read, read + 4), write);
  return inks;
}

/** The way of nearly all images: libvips brings them to 8-bit sRGB over white. @throws libvips's own errors. */
export async function decodePlain(bytes: Uint8Array, options: PlainOptions = {}): Promise<RgbImage> {
  const { failOn, coloursOnly = false, mayBeCmyk = false, fromP3 = false } = options;
  const cmyk = mayBeCmyk && (await isPlainCmyk(bytes, options));
  const source = openImage(bytes, failOn ? { failOn } : {});
  // sRGB is what sharp gives unless told otherwise
  const eightBit = cmyk
    ? source.pipelineColourspace("cmyk").toColourspace("cmyk")
    : coloursOnly
      ? source.removeAlpha()
      : source.flatten({ background: "#ffffff" });
  if (fromP3) eightBit.withIccProfile("srgb", { attach: false });
  const { data, info } = await eightBit.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  // sharp's type says 1 to 4, which does not hold for the bands of a TIFF
  const bands: number = channels;
  if (cmyk ? bands < 4 : bands !== 3) throw new TypeError(`${bands} channels`);
  return { width, height, data: cmyk ? cmykToRgb(firstFour(data, bands)) : data };
}
