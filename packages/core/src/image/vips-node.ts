import sharp, { type Sharp, type SharpOptions } from "sharp";
import { CoreError } from "../errors.ts";
import type { ImageFormat } from "./types.ts";

/** 100 megapixels: 300 MB of bytes, the most that one image may take of memory (of 16-bit numbers, 600 MB beside). */
export const MAX_PIXELS = 100_000_000;

/** Bands of a TIFF, colours among them. */
const MAX_BANDS = 32;

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

/** Opens an image, turned as EXIF says. @param options.failOn at what of a file libvips stops. @default "warning" */
export function openImage(
  bytes: Uint8Array,
  options: Pick<SharpOptions, "failOn" | "ignoreIcc"> = {},
): Sharp {
  prepareSharp();
  const limits = { limitInputPixels: MAX_PIXELS, limitInputChannels: MAX_BANDS };
  return sharp(bytes, { autoOrient: true, ...limits, ...options });
}

/** What a failure of libvips says to people; an error that is one already stays as it is. */
export function decodeFailure(cause: unknown, format: ImageFormat): CoreError {
  if (cause instanceof CoreError) return cause;
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
