import type { DeclaredBits } from "./value-range.ts";

/** What a PNG's header says of its numbers. https://www.w3.org/TR/png-3/#11IHDR, #11sBIT */
export interface PngHeader {
  /** Bits of a sample: 1, 2, 4, 8 or 16. */
  readonly bitDepth: number;
  /** Bands of colour: 1 grey, 3 colour (a palette's too). */
  readonly colours: 1 | 3;
  readonly hasAlpha: boolean;
  /** What its sBIT chunk says, of the colour with the most bits; absent without such a chunk, and in 8 bits or fewer. */
  readonly declared?: DeclaredBits;
}

const SIGNATURE = 8;
const ascii = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));

/** Reads the chunks before the pixels. A damaged file gives what can be read of them; its pixels tell of the damage. */
export function pngHeader(bytes: Uint8Array): PngHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [bitDepth = 8, kind = 2] = bytes.subarray(24, 26);
  const colours = kind === 0 || kind === 4 ? 1 : 3;
  let hasAlpha = kind === 4 || kind === 6;
  let bits: number | undefined;
  if (bitDepth === 16)
    for (let at = SIGNATURE; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
      const name = ascii(bytes, at + 4);
      if (name === "IDAT") break;
      if (name === "tRNS") hasAlpha = true;
      if (name === "sBIT") bits = Math.max(...bytes.subarray(at + 8, at + 8 + colours));
    }
  return {
    bitDepth,
    colours,
    hasAlpha,
    ...(bits === undefined ? {} : { declared: { bits, from: "either" } }),
  };
}
