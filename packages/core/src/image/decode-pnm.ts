import { overWhite } from "./over-white.ts";
import { checkPixels } from "./pixel-limit.ts";
import { damagedPnm, type PnmHeader, readPnmHeader } from "./pnm-header.ts";
import type { DecodedImage } from "./types.ts";
import { wideToRgb } from "./wide-pixels.ts";

const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

/** The numbers of a P1, P2 or P3 file, comments passed over. In P1 each digit is a number of its own. */
function plainSamples(
  bytes: Uint8Array,
  { at: start, maxval, digits }: PnmHeader,
  count: number,
): Uint16Array {
  const samples = new Uint16Array(count);
  let at = start;
  for (let sample = 0; sample < count; sample++) {
    for (;;) {
      const byte = bytes[at];
      if (byte === undefined) throw damagedPnm("it is cut off");
      if (byte === 0x23) while (at < bytes.length && bytes[at] !== 0x0a && bytes[at] !== 0x0d) at++;
      else if (!isSpace(byte)) break;
      at++;
    }
    let value = 0;
    const end = at + (digits === "single" ? 1 : Number.POSITIVE_INFINITY);
    for (; at < end; at++) {
      const byte = bytes[at];
      if (byte === undefined || isSpace(byte) || byte === 0x23) break;
      if (byte < 0x30 || byte > 0x39) throw damagedPnm("it has something else where a number should be");
      value = value * 10 + byte - 0x30;
      if (value > maxval) throw damagedPnm(`a value is above ${maxval}, the largest that its header allows`);
    }
    samples[sample] = value;
  }
  return samples;
}

/** One bit a pixel, rows filled up to whole bytes. */
function packedSamples(bytes: Uint8Array, { at, width, height }: PnmHeader): Uint16Array {
  const stride = Math.ceil(width / 8);
  if (at + stride * height > bytes.length) throw damagedPnm("it is cut off");
  const samples = new Uint16Array(width * height);
  for (let y = 0, write = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      samples[write++] = ((bytes[at + y * stride + (x >> 3)] ?? 0) >> (7 - (x & 7))) & 1;
  return samples;
}

/** One byte a sample, or two, the high one first, where `maxval` needs two. */
function binarySamples(
  bytes: Uint8Array,
  { at, maxval }: PnmHeader,
  count: number,
): Uint8Array | Uint16Array {
  const width = maxval < 256 ? 1 : 2;
  if (at + count * width > bytes.length) throw damagedPnm("it is cut off");
  if (width === 1) return bytes.subarray(at, at + count);
  return Uint16Array.from(
    { length: count },
    (_, i) => ((bytes[at + 2 * i] ?? 0) << 8) | (bytes[at + 2 * i + 1] ?? 0),
  );
}

/** Python's `round`: halves go to the even neighbour. */
function roundToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor + (floor % 2);
}

/** The byte of every sample from 0 to 65535; a value above `maxval` is white. */
function bytesOf({ maxval, zeroIsWhite }: PnmHeader): Uint8Array {
  const length = maxval < 256 ? 256 : 65_536;
  return Uint8Array.from({ length }, (_, value) => {
    const byte = Math.min(255, roundToEven((value / maxval) * 255));
    return zeroIsWhite ? 255 - byte : byte;
  });
}

const coloursOf = (channels: PnmHeader["channels"]): 1 | 3 => (channels < 3 ? 1 : 3);

/** [pixels, channels] → [pixels, 3]: grey three times, alpha over white. */
function scaled(samples: Uint8Array | Uint16Array, header: PnmHeader): Uint8Array {
  const { width, height, channels } = header;
  const byteOf = bytesOf(header);
  const colours = coloursOf(channels);
  const hasAlpha = channels !== colours;
  const data = new Uint8Array(width * height * 3);
  for (let read = 0, write = 0; write < data.length; read += channels)
    for (let channel = 0; channel < 3; channel++) {
      const value = byteOf[samples[read + (colours === 3 ? channel : 0)] ?? 0] ?? 0;
      const alpha = hasAlpha ? (byteOf[samples[read + colours] ?? 0] ?? 0) : 255;
      data[write++] = hasAlpha ? overWhite(value, alpha) : value;
    }
  return data;
}

const WORD_TOP = 65_535;

/**
 * Reads PBM, PGM and PPM, as text (P1, P2, P3) and binary (P4, P5, P6), and PAM (P7); of several pictures in one file the
 * first. Own code, since sharp's libvips is built without a reader. Values go from 0 … maxval to 0 … 255 as Pillow 13
 * scales a PPM (PpmImagePlugin.py), for grey too; alpha is laid over white. A maxval of 65535 is what any program writes
 * of 16-bit numbers, whether or not they fill it: there the rule for these decides (`wideToRgb`).
 * https://netpbm.sourceforge.net/doc/ppm.html, …/pam.html
 * @throws CoreError `corrupt`, `limit`, `bad-input` (a PAM of another kind).
 */
export function decodePnm(bytes: Uint8Array, maxPixels: number): DecodedImage {
  const header = readPnmHeader(bytes);
  const { width, height, channels, digits } = header;
  checkPixels(width, height, maxPixels);
  const count = width * height * channels;
  const samples =
    digits === "packed"
      ? packedSamples(bytes, header)
      : digits === "binary"
        ? binarySamples(bytes, header, count)
        : plainSamples(bytes, header, count);
  if (channels === 3 && header.maxval === 255)
    return { image: { width, height, data: Uint8Array.from(samples) } };
  if (!(samples instanceof Uint16Array) || header.maxval !== WORD_TOP)
    return { image: { width, height, data: scaled(samples, header) } };
  const facts = {
    name: "Netpbm image",
    type: "uint16",
    colours: coloursOf(channels),
    zeroIsWhite: false,
  } as const;
  const { image, readings, isFull } = wideToRgb(
    { width, height, bands: channels, data: samples },
    { ...facts, ...(channels % 2 === 0 && { alpha: channels - 1 }) },
  );
  return { image: isFull ? { width, height, data: scaled(samples, header) } : image, readings };
}
