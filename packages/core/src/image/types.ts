import type { ImageReading } from "./readings.ts";

/** 8-bit sRGB, row by row, three bytes a pixel: data.length = width · height · 3. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export type ImageFormat =
  | ("jpeg" | "png" | "webp" | "gif" | "bmp" | "tiff" | "avif")
  // Netpbm's: black and white, grey, colour, and the one that can have alpha
  | ("pbm" | "pgm" | "ppm" | "pam");

/** An image's pixels, and what was decided to get them where its file does not say (`ImageFacts.readings`). */
export interface DecodedImage {
  readonly image: RgbImage;
  readonly readings?: readonly ImageReading[];
}

/** How any image becomes the size × size bytes that the trunk sees; written into every model and export. */
export interface ImageRule {
  /** Rises when the rule changes; a decoder that is mended to follow it raises `DECODER_VERSION` instead. */
  readonly version: 1;
  /** Side in pixels. */
  readonly size: number;
  readonly fit: "stretch" | "crop" | "pad";
  readonly resize: "bilinear" | "nearest";
}

/** What a look at a file tells without keeping its pixels. */
export interface ImageFacts {
  readonly format: ImageFormat;
  /** After EXIF orientation. */
  readonly width: number;
  readonly height: number;
  /** 64-bit difference hash of the oriented image, 16 hex digits: equal for re-encoded or resized copies. */
  readonly perceptualHash: string;
  /** What was decided about the file where it does not say outright what its numbers mean; absent for nearly all. */
  readonly readings?: readonly ImageReading[];
}

/** Turns encoded bytes into pixels: sharp in Node, the browser's decoders on a page. */
export interface ImageDecoder {
  /** @throws CoreError `bad-input` (not an image, wrong format), `corrupt` (cut off, damaged), `limit` (too many pixels). */
  decode(bytes: Uint8Array): Promise<RgbImage>;
  /** Reads the whole file, so that damage anywhere is found. @throws as `decode`. */
  inspect(bytes: Uint8Array): Promise<ImageFacts>;
}
