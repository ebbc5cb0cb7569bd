import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { nodeDecoder } from "../../packages/core/src/image/decode-node.ts";

const WIDTH = 32;
const HEIGHT = 24;

/** 0 to 255, each several times. */
const BYTES = Array.from({ length: WIDTH * HEIGHT }, (_, i) => (i * 7) % 256);
const threeTimes = (values: readonly number[]): number[] => values.flatMap((value) => [value, value, value]);

function chunk(name: string, body: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(name, "latin1"), body]);
  const ends = new DataView(new ArrayBuffer(8));
  ends.setUint32(0, body.length);
  ends.setUint32(4, crc32(named));
  return Buffer.concat([new Uint8Array(ends.buffer, 0, 4), named, new Uint8Array(ends.buffer, 4, 4)]);
}

/** A PNG of 16 bits a sample. @param kind IHDR's: 0 grey, 2 colour, 4 grey and alpha, 6 colour and alpha. */
function png16(samples: readonly number[], kind: 0 | 2 | 4 | 6, ...chunks: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(WIDTH, 0);
  header.writeUInt32BE(HEIGHT, 4);
  header.set([16, kind], 8);
  const stride = samples.length / HEIGHT;
  const rows = Buffer.alloc(HEIGHT * (1 + stride * 2));
  for (const [i, sample] of samples.entries())
    rows.writeUInt16BE(sample, Math.floor(i / stride) * (1 + stride * 2) + 1 + (i % stride) * 2);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    ...[chunk("IHDR", header), ...chunks, chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))],
  ]);
}

const pixelsOf = async (bytes: Uint8Array): Promise<number[]> => [...(await nodeDecoder.decode(bytes)).data];
const readingsOf = async (bytes: Uint8Array) => (await nodeDecoder.inspect(bytes)).readings ?? [];

describe("a PNG of fewer bits in 16", () => {
  test.each([10, 12, 14])("of %i, is read as the picture it is, and it is said", async (bits) => {
    const shifted = png16(
      BYTES.map((v) => v * 2 ** (bits - 8)),
      0,
    );
    expect(await pixelsOf(shifted)).toEqual(threeTimes(BYTES));
    expect(await readingsOf(shifted)).toEqual([`bits-${bits}-of-16`]);
    const scaled = png16(
      BYTES.map((v) => Math.floor((v * (2 ** bits - 1)) / 255)),
      0,
    );
    const pixels = await pixelsOf(scaled);
    expect(Math.max(...pixels.map((v, i) => Math.abs(v - (threeTimes(BYTES)[i] ?? 0))))).toBeLessThanOrEqual(
      1,
    );
    expect(await readingsOf(scaled)).toEqual([`bits-${bits}-of-16`]);
  });

  test("in colour, with an alpha of its own width or of 16 bits", async () => {
    for (const opaque of [4095, 65_535]) {
      const pixels = BYTES.flatMap((v, i) => [v * 16, v * 16, v * 16, i === 0 ? 0 : opaque]);
      const bytes = png16(pixels, 6);
      expect(await pixelsOf(bytes)).toEqual([255, 255, 255, ...threeTimes(BYTES.slice(1))]);
      expect(await readingsOf(bytes)).toEqual(["bits-12-of-16"]);
    }
  });

  test("is told by sBIT where its values do not tell", async () => {
    const dim = BYTES.map((v) => v * 11 + 1);
    const bytes = png16(dim, 0, chunk("sBIT", Uint8Array.of(12)));
    expect(await pixelsOf(bytes)).toEqual(threeTimes(dim.map((v) => v >> 4)));
    expect(await readingsOf(bytes)).toEqual(["bits-12-of-16"]);
  });
});

describe("a dark PNG of 16 bits is not brightened", () => {
  test("an 8-bit picture that was dark before is as dark with 16", async () => {
    const dark = BYTES.map((v) => v >> 4);
    for (const factor of [256, 257]) {
      const bytes = png16(
        dark.map((v) => v * factor),
        0,
      );
      expect(await pixelsOf(bytes)).toEqual(threeTimes(dark));
      expect(await readingsOf(bytes)).toEqual([]);
    }
  });

  test("nor is one whose sBIT says that all 16 bits count", async () => {
    const dark = BYTES.map((v) => v * 15 + 1);
    const bytes = png16(dark, 0, chunk("sBIT", Uint8Array.of(16)));
    expect(await pixelsOf(bytes)).toEqual(threeTimes(dark.map((v) => v >> 8)));
    expect(await readingsOf(bytes)).toEqual(["one-colour"]);
  });

  test.each([0, 2, 4, 6] as const)("it is refused where nothing is said (colour type %i)", async (kind) => {
    const bands = { 0: [1], 2: [1, 1, 1], 4: [1, 0], 6: [1, 1, 1, 0] }[kind];
    const samples = BYTES.flatMap((v) => bands.map((isColour) => (isColour ? v * 15 + 175 : 65_535)));
    await expect(nodeDecoder.inspect(png16(samples, kind))).rejects.toMatchObject({
      code: "bad-input",
      message: expect.stringMatching(/16-bit PNG end at 4000 of 65535, .* Adjust it .* save it with 8 bits/),
    });
  });
});

test("a PNG that fills its 16 bits is cut to 8, with a colour that is clear", async () => {
  const full = BYTES.map((v) => v * 257);
  const clear = Buffer.alloc(2);
  clear.writeUInt16BE(full[5] ?? 0);
  const expected = BYTES.map((v) => (v === BYTES[5] ? 255 : v));
  const bytes = png16(full, 0, chunk("tRNS", clear));
  expect(await pixelsOf(bytes)).toEqual(threeTimes(expected));
  expect(await nodeDecoder.inspect(bytes)).not.toHaveProperty("readings");
});

test("colours of 16 bits with a profile go by it, as those of 8 bits do", async () => {
  const pixels = Uint8Array.from({ length: 64 * 3 }, (_, i) => (i * 37) % 256);
  const raw = () => sharp(pixels, { raw: { width: 8, height: 8, channels: 3 } }).withIccProfile("p3");
  const eight = await pixelsOf(await raw().png().toBuffer());
  const sixteen = await pixelsOf(await raw().toColourspace("rgb16").png().toBuffer());
  expect(eight).not.toEqual([...pixels]);
  const mean = eight.reduce((sum, v, i) => sum + Math.abs(v - (sixteen[i] ?? 0)), 0) / eight.length;
  // two roundings of one transform
  expect(mean).toBeLessThan(1.5);
});
