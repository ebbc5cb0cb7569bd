import { crc32 } from "node:zlib";
import { type CoreError, type RgbImage, resizeBilinear } from "@graft/core";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { nodeDecoder } from "../../packages/core/src/image/decode-node.ts";

const WIDTH = 40;
const HEIGHT = 24;

/** Left half red, right half blue, a green bar on top: every turn and mirror looks different. */
const scene: RgbImage = { width: WIDTH, height: HEIGHT, data: new Uint8Array(WIDTH * HEIGHT * 3) };
for (let y = 0; y < HEIGHT; y++) {
  for (let x = 0; x < WIDTH; x++) {
    const color = y < 8 ? [0, 255, 0] : x < WIDTH / 2 ? [255, 0, 0] : [0, 0, 255];
    scene.data.set(color, (y * WIDTH + x) * 3);
  }
}
const raw = () => sharp(scene.data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
const jpeg = () => raw().jpeg({ quality: 95, chromaSubsampling: "4:4:4" });

function meanDifference(a: RgbImage, b: RgbImage): number {
  expect([a.width, a.height]).toEqual([b.width, b.height]);
  return a.data.reduce((sum, value, at) => sum + Math.abs(value - (b.data[at] ?? 0)), 0) / a.data.length;
}
const codeOf = (bytes: Uint8Array): Promise<unknown> =>
  nodeDecoder.decode(bytes).then(
    () => "decoded",
    (error: CoreError) => error.code,
  );

/**
 * Where row r and column c of a file of this orientation lie in the scene, [y, x]: EXIF 2.32, tag 0x0112 (which side of
 * the scene row 0 and column 0 are).
 */
const STORED: Readonly<Record<number, (r: number, c: number) => readonly [number, number]>> = {
  1: (r, c) => [r, c],
  2: (r, c) => [r, WIDTH - 1 - c],
  3: (r, c) => [HEIGHT - 1 - r, WIDTH - 1 - c],
  4: (r, c) => [HEIGHT - 1 - r, c],
  5: (r, c) => [c, r],
  6: (r, c) => [c, WIDTH - 1 - r],
  7: (r, c) => [HEIGHT - 1 - c, WIDTH - 1 - r],
  8: (r, c) => [HEIGHT - 1 - c, r],
};

describe("orientation", () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])("EXIF orientation %i is applied", async (orientation) => {
    const placeOf = STORED[orientation];
    if (placeOf === undefined) throw new Error("no such orientation");
    const [width, height] = orientation < 5 ? [WIDTH, HEIGHT] : [HEIGHT, WIDTH];
    const data = new Uint8Array(width * height * 3);
    for (let at = 0; at < width * height; at++) {
      const [y, x] = placeOf(Math.floor(at / width), at % width);
      data.set(scene.data.subarray((y * WIDTH + x) * 3, (y * WIDTH + x) * 3 + 3), at * 3);
    }
    const stored = sharp(data, { raw: { width, height, channels: 3 } });
    const bytes = await stored
      .withMetadata({ orientation })
      .jpeg({ quality: 95, chromaSubsampling: "4:4:4" })
      .toBuffer();
    expect(meanDifference(await nodeDecoder.decode(bytes), scene)).toBeLessThan(4);
    expect(await nodeDecoder.inspect(bytes)).toMatchObject({ format: "jpeg", width: WIDTH, height: HEIGHT });
  });
});

describe("formats", () => {
  test.each([
    ["png", () => raw().png(), 0],
    ["palette png", () => raw().png({ palette: true, colours: 8 }), 1],
    ["16-bit png", () => raw().toColourspace("rgb16").png(), 1],
    ["tiff", () => raw().tiff({ compression: "lzw" }), 0],
    ["webp", () => raw().webp({ lossless: true }), 0],
    ["gif", () => raw().gif(), 2],
    ["avif", () => raw().avif({ quality: 95, chromaSubsampling: "4:4:4" }), 4],
    ["progressive jpeg", () => raw().jpeg({ progressive: true, quality: 95, chromaSubsampling: "4:4:4" }), 4],
    // red, green and blue lie outside what this profile's inks can print
    ["CMYK jpeg", () => raw().toColourspace("cmyk").jpeg({ quality: 95 }), 70],
  ])("%s gives 8-bit sRGB", async (_name, write, bound) => {
    expect(meanDifference(await nodeDecoder.decode(await write().toBuffer()), scene)).toBeLessThanOrEqual(
      bound,
    );
  });

  test("grey becomes three equal channels", async () => {
    const { data } = await nodeDecoder.decode(await raw().greyscale().png().toBuffer());
    expect(data).toHaveLength(WIDTH * HEIGHT * 3);
    for (let at = 0; at < data.length; at += 3)
      expect([data[at + 1], data[at + 2]]).toEqual([data[at], data[at]]);
  });

  test("alpha is laid over white", async () => {
    const pixels = Uint8Array.of(255, 0, 0, 0, 0, 0, 0, 128);
    const bytes = await sharp(pixels, { raw: { width: 2, height: 1, channels: 4 } })
      .png()
      .toBuffer();
    const { data } = await nodeDecoder.decode(bytes);
    expect([...data.subarray(0, 3)]).toEqual([255, 255, 255]);
    expect(Math.abs((data[3] ?? 0) - 127)).toBeLessThanOrEqual(1);
  });

  test.each([false, true])("BMP of 24 bits, top row first: %s", async (topDown) => {
    const stride = WIDTH * 3;
    const bytes = new Uint8Array(54 + stride * HEIGHT);
    const view = new DataView(bytes.buffer);
    bytes.set([0x42, 0x4d]);
    view.setUint32(10, 54, true);
    view.setUint32(14, 40, true);
    view.setInt32(18, WIDTH, true);
    view.setInt32(22, topDown ? -HEIGHT : HEIGHT, true);
    view.setUint16(28, 24, true);
    for (let y = 0; y < HEIGHT; y++)
      for (let x = 0; x < WIDTH; x++)
        for (let c = 0; c < 3; c++)
          bytes[54 + (topDown ? y : HEIGHT - 1 - y) * stride + x * 3 + 2 - c] =
            scene.data[(y * WIDTH + x) * 3 + c] ?? 0;
    expect(meanDifference(await nodeDecoder.decode(bytes), scene)).toBe(0);
    expect(await codeOf(bytes.subarray(0, 200))).toBe("corrupt");
  });

  test("48 megapixels decode; 400 are over the limit", async () => {
    const create = { width: 8000, height: 6000, channels: 3, background: "red" } as const;
    const large = await sharp({ create }).png().toBuffer();
    expect(await nodeDecoder.inspect(large)).toMatchObject({ width: 8000, height: 6000 });
    // the size lies in the header, which has a checksum of its own
    large.writeUInt32BE(20_000, 16);
    large.writeUInt32BE(20_000, 20);
    large.writeUInt32BE(crc32(large.subarray(12, 29)), 29);
    expect(await codeOf(large)).toBe("limit");
  });
});

describe("bad input", () => {
  test("each kind has its code", async () => {
    const photo = await jpeg().toBuffer();
    const text = (content: string): Uint8Array => new TextEncoder().encode(content);
    expect(await codeOf(new Uint8Array())).toBe("bad-input");
    expect(await codeOf(text("hello, I am called photo.jpg"))).toBe("bad-input");
    expect(await codeOf(text('<svg xmlns="http://www.w3.org/2000/svg"/>'))).toBe("bad-input");
    expect(await codeOf(text("\0\0\0\x18ftypheic\0\0\0\0heicmif1"))).toBe("bad-input");
    expect(await codeOf(photo.subarray(0, photo.length / 2))).toBe("corrupt");
    expect(await codeOf((await raw().png().toBuffer()).subarray(0, 80))).toBe("corrupt");
    expect(await codeOf(photo.subarray(0, 3))).toBe("corrupt");
  });
});

test("a smaller re-encoded copy has nearly the same hash, another image has not", async () => {
  const wave = (kx: number, ky: number): RgbImage => {
    const data = new Uint8Array(300 * 200 * 3);
    for (let at = 0; at < data.length; at++) {
      const [y, x] = [Math.floor(at / 900), Math.floor((at % 900) / 3)];
      data[at] = 128 + 60 * Math.sin(x * kx) + 60 * Math.cos(y * ky + x * 0.01);
    }
    return { width: 300, height: 200, data };
  };
  const hashOf = async ({ width, height, data }: RgbImage, quality: number): Promise<bigint> => {
    const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
      .jpeg({ quality })
      .toBuffer();
    return BigInt(`0x${(await nodeDecoder.inspect(bytes)).perceptualHash}`);
  };
  const bitsApart = (a: bigint, b: bigint): number => (a ^ b).toString(2).replaceAll("0", "").length;
  const original = await hashOf(wave(0.05, 0.03), 95);
  expect(
    bitsApart(original, await hashOf(resizeBilinear(wave(0.05, 0.03), 180, 120), 70)),
  ).toBeLessThanOrEqual(3);
  expect(bitsApart(original, await hashOf(wave(0.11, 0.07), 95))).toBeGreaterThan(10);
});
