import { CoreError } from "../errors.ts";
import { checkPixels } from "./pixel-limit.ts";
import type { RgbImage } from "./types.ts";

/** BITMAPFILEHEADER's length; BITMAPINFOHEADER follows. */
const FILE_HEADER = 14;
const damaged = (what: string): CoreError =>
  new CoreError("corrupt", { what: `The BMP file is damaged: ${what}.` });

interface Header {
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  readonly bits: 1 | 4 | 8 | 24 | 32;
  /** Of the first row. */
  readonly pixels: number;
  /** Blue, green, red, unused; empty without a palette. */
  readonly palette: Uint8Array;
}

function readHeader(bytes: Uint8Array, maxPixels: number): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < FILE_HEADER + 40) throw damaged("it ends inside its header");
  const headerLength = view.getUint32(14, true);
  const bits = view.getUint16(28, true);
  const compression = view.getUint32(30, true);
  // 3 with 32 bits is how most programs write the plain blue, green, red, alpha order with a larger header.
  const plain =
    compression === 0 || (compression === 3 && bits === 32 && view.byteLength > 66 && masksArePlain(view));
  if (
    headerLength < 40 ||
    !plain ||
    !(bits === 1 || bits === 4 || bits === 8 || bits === 24 || bits === 32)
  ) {
    const received = `${bits} bits a pixel, compression ${compression}`;
    const expected = "an uncompressed BMP of 1, 4, 8, 24 or 32 bits";
    throw new CoreError("bad-input", {
      what: "graft cannot read this kind of BMP.",
      received,
      expected,
      fix: "Convert it to PNG.",
    });
  }
  const width = view.getInt32(18, true);
  const signedHeight = view.getInt32(22, true);
  const height = Math.abs(signedHeight);
  if (width < 1 || height < 1) throw damaged(`its size is ${width} × ${signedHeight}`);
  checkPixels(width, height, maxPixels);
  const pixels = view.getUint32(10, true);
  const colors = bits > 8 ? 0 : view.getUint32(46, true) || 1 << bits;
  const paletteAt = FILE_HEADER + headerLength;
  return {
    width,
    height,
    topDown: signedHeight < 0,
    bits,
    pixels,
    palette: bytes.subarray(paletteAt, paletteAt + colors * 4),
  };
}

function masksArePlain(view: DataView): boolean {
  const masks = [54, 58, 62].map((at) => view.getUint32(at, true));
  return masks[0] === 0xff0000 && masks[1] === 0xff00 && masks[2] === 0xff;
}

/**
 * Reads an uncompressed BMP; alpha is not looked at, as in Pillow for the plain header. Own code, since libvips has no
 * BMP reader and the packages on npm leave out palettes or damaged files.
 * https://learn.microsoft.com/windows/win32/gdi/bitmap-storage
 * @throws CoreError `corrupt`, `limit`, `bad-input` (compressed or 16-bit).
 */
export function decodeBmp(bytes: Uint8Array, maxPixels: number): RgbImage {
  const { width, height, topDown, bits, pixels, palette } = readHeader(bytes, maxPixels);
  const stride = Math.ceil((width * bits) / 32) * 4;
  if (pixels + stride * height > bytes.length) throw damaged("it is cut off");
  const data = new Uint8Array(width * height * 3);
  const byteStep = bits / 8;
  const mask = (1 << Math.min(bits, 8)) - 1;
  let write = 0;
  for (let y = 0; y < height; y++) {
    const row = pixels + (topDown ? y : height - 1 - y) * stride;
    for (let x = 0; x < width; x++, write += 3) {
      let source = bytes;
      let at = row + x * byteStep;
      if (bits <= 8) {
        const shift = 8 - bits - ((x * bits) & 7);
        source = palette;
        at = (((bytes[row + ((x * bits) >> 3)] ?? 0) >> shift) & mask) * 4;
        if (at + 2 >= palette.length) throw damaged("a pixel's colour is not in its palette");
      }
      data[write] = source[at + 2] ?? 0;
      data[write + 1] = source[at + 1] ?? 0;
      data[write + 2] = source[at] ?? 0;
    }
  }
  return { width, height, data };
}
