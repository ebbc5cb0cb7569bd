import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { nodeDecoder } from "../../packages/core/src/image/decode-node.ts";
import { pixelsInHeader } from "../../packages/core/src/image/header-size.ts";

const FOLDER = resolve(import.meta.dirname, "golden/decode");
const read = (file: string): Buffer => readFileSync(resolve(FOLDER, file));
const GOLDEN = z
  .object({
    cases: z.array(z.object({ file: z.string(), width: z.int(), height: z.int(), rgb: z.base64() })).min(40),
    refused: z.array(z.object({ file: z.string(), code: z.string() })).min(2),
  })
  .parse(JSON.parse(read("expected.json").toString()));

/** How far a byte may be from Pillow's; all other files are equal, lossy ones too (the same decoders' arithmetic). */
const TOLERANCE: Readonly<Record<string, number>> = {
  // libvips cuts the sum of picture and white off, Pillow rounds it
  "grey-alpha.png": 1,
  "palette-alpha.png": 1,
  "rgba.png": 1,
  "lossless-alpha.webp": 1,
  // libheif and libavif turn YCbCr to RGB with constants of another precision
  "lossy.avif": 1,
};

const farthest = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((most, value, at) => Math.max(most, Math.abs(value - (b[at] ?? Number.NaN))), 0);

describe("pictures that Pillow wrote decode to the pixels that it sees", () => {
  test.each(GOLDEN.cases)("$file", async ({ file, width, height, rgb }) => {
    const image = await nodeDecoder.decode(read(file));
    expect([image.width, image.height]).toEqual([width, height]);
    expect(image.data).toHaveLength(width * height * 3);
    expect(farthest(image.data, Buffer.from(rgb, "base64"))).toBeLessThanOrEqual(TOLERANCE[file] ?? 0);
  });
});

/** Headers that take more than a look. */
const UNTOLD = /\.(tif|avif|p.m)$/;

test("a picture's header says how many pixels it has, in the formats that most pictures are in", () => {
  for (const { file, width, height } of GOLDEN.cases)
    expect(pixelsInHeader(read(file)), file).toBe(UNTOLD.test(file) ? undefined : width * height);
  // beginnings of pictures, and what only begins like one
  for (const { file } of GOLDEN.cases)
    for (const length of [12, 20, 31]) {
      const cut = read(file).subarray(0, length);
      try {
        const pixels = pixelsInHeader(cut);
        expect(pixels === undefined || pixels >= 0, file).toBe(true);
      } catch (error) {
        expect(error, file).toMatchObject({ code: "bad-input" });
      }
    }
});

test.each(GOLDEN.refused)("$file is refused as $code", async ({ file, code }) => {
  await expect(nodeDecoder.decode(read(file))).rejects.toMatchObject({ code });
});

test("CMYK with an embedded profile goes by the profile, as colour does", async () => {
  // a green and a blue that printer's inks can show
  const pixels = Uint8Array.of(110, 150, 110, 120, 130, 170);
  const bytes = await sharp(pixels, { raw: { width: 2, height: 1, channels: 3 } })
    .withIccProfile("cmyk")
    .toColourspace("cmyk")
    .tiff({ compression: "lzw" })
    .toBuffer();
  expect(await sharp(bytes).metadata()).toMatchObject({ space: "cmyk", hasProfile: true });
  const { data } = await nodeDecoder.decode(bytes);
  // the profile's way there and back is not quite one and the same (12 at most); the plain formula is 35 away
  expect(farthest(data, pixels)).toBeLessThanOrEqual(15);
});
