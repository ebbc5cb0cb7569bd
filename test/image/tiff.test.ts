import { describe, expect, test } from "vitest";
import { nodeDecoder } from "../../packages/core/src/image/decode-node.ts";
import { type TiffOptions, writeTiff } from "./tiff-writer.ts";

const SIZE = { width: 16, height: 12 } as const;
const PIXELS = SIZE.width * SIZE.height;
const RGB = 2;
const GREY = 1;

/** Bytes that go from 0 to 255 and back, another way in each band. */
const ramp = (bands: number): number[] =>
  Array.from({ length: PIXELS * bands }, (_, i) => {
    const at = (Math.floor(i / bands) * (3 + (i % bands)) + 40 * (i % bands)) % 511;
    return at < 256 ? at : 511 - at;
  });
const without = (values: readonly number[], bands: number, kept: number): number[] =>
  values.filter((_, i) => i % bands < kept);
const threeTimes = (values: readonly number[]): number[] => values.flatMap((value) => [value, value, value]);

const picture = (bands: number, photometric: number, rest: Partial<TiffOptions> = {}): Uint8Array =>
  writeTiff({ ...SIZE, bands, photometric, data: Uint8Array.from(ramp(bands)), ...rest });
const pixelsOf = async (bytes: Uint8Array): Promise<number[]> => [...(await nodeDecoder.decode(bytes)).data];
const readingsOf = async (bytes: Uint8Array) => (await nodeDecoder.inspect(bytes)).readings ?? [];
const refusal = (bytes: Uint8Array): Promise<string> =>
  nodeDecoder.decode(bytes).then(
    () => "read",
    (error: Error) => error.message,
  );

const KINDS = [
  ["", {}],
  ["in big-endian order", { bigEndian: true }],
  ["with 64-bit offsets", { big: true }],
  ["with 64-bit offsets in big-endian order", { big: true, bigEndian: true }],
  ["one plane a band", { planar: true }],
] as const;

describe("bands of no stated meaning are left aside", () => {
  test.each(KINDS)("of a TIFF %s", async (_, kind) => {
    const bytes = picture(4, RGB, { ...kind, tags: { 338: [0] } });
    expect(await pixelsOf(bytes)).toEqual(without(ramp(4), 4, 3));
    expect(await readingsOf(bytes)).toEqual(["extra-band"]);
  });

  test.each([1, 2, 999])("ExtraSamples %i is alpha", async (kind) => {
    const bytes = picture(4, RGB, { tags: { 338: [kind] } });
    expect(await pixelsOf(bytes)).not.toEqual(without(ramp(4), 4, 3));
    expect(await readingsOf(bytes)).toEqual([]);
  });

  test("alpha after another band is still alpha", async () => {
    const values = ramp(5).map((value, i) => (i % 5 === 4 ? 255 : value));
    const data = Uint8Array.from(values);
    const bytes = picture(5, RGB, { data, tags: { 338: [0, 2] } });
    expect(await pixelsOf(bytes)).toEqual(without(values, 5, 3));
    expect(await readingsOf(bytes)).toEqual(["extra-band"]);
  });

  test("a band beside grey, and eight beside colour", async () => {
    expect(await pixelsOf(picture(2, GREY, { tags: { 338: [0] } }))).toEqual(
      threeTimes(without(ramp(2), 2, 1)),
    );
    expect(await pixelsOf(picture(11, RGB, { tags: { 338: Array(8).fill(0) } }))).toEqual(
      without(ramp(11), 11, 3),
    );
  });

  test("four inks are no alpha, with a fifth band or without", async () => {
    const inks = await pixelsOf(picture(4, 5));
    const five = ramp(4).flatMap((value, i) => (i % 4 === 3 ? [value, 9] : [value]));
    expect(await pixelsOf(picture(5, 5, { data: Uint8Array.from(five), tags: { 338: [0] } }))).toEqual(inks);
  });
});

test.each([
  [
    "bands of satellites",
    picture(6, GREY, { tags: { 338: [0, 0, 0, 0, 0] } }),
    /6 bands, and nothing says which/,
  ],
  ["a fourth band without a word", picture(4, RGB), /4 bands and does not say what the last one is/],
  ["other inks than CMYK", picture(4, 5, { tags: { 332: [2] } }), /inks other than cyan/],
  ["whole YCbCr", picture(3, 6, { tags: { 530: [1, 1] } }), /colours as YCbCr/],
  ["bits that are packed", picture(3, RGB, { tags: { 258: [12, 12, 12] } }), /has 12-bit numbers/],
  ["signed words", picture(1, GREY, { data: Int16Array.from(ramp(1)) }), /signed 16-bit numbers/],
  [
    "half floats",
    picture(1, GREY, { data: Uint16Array.from(ramp(1)), tags: { 339: [3] } }),
    /16-bit decimal numbers/,
  ],
  ["a preview of a further page", previewBefore(), /only a preview of another one in it/],
] as const)("%s are refused with advice", async (_, bytes, message) => {
  expect(await refusal(bytes)).toMatch(message);
  expect(await refusal(bytes)).toMatch(/Save /);
});

/** The directory of a second page behind a first that calls itself reduced. */
function previewBefore(): Uint8Array {
  const bytes = picture(3, RGB, { tags: { 254: [1] } });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = view.getUint32(4, true);
  const end = at + 2 + 12 * view.getUint16(at, true);
  const second = Uint8Array.of(1, 0, 0xfe, 0, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  view.setUint32(end, bytes.length, true);
  return Buffer.concat([bytes, second]);
}

describe("numbers of more than 8 bits", () => {
  const bytes = ramp(3);
  test.each([
    ["12 bits in 16", Uint16Array.from(bytes, (v) => v * 16), "bits-12-of-16"],
    ["14 bits in 16", Uint16Array.from(bytes, (v) => Math.round((v / 255) * 16_383)), "bits-14-of-16"],
    ["0 to 1", Float32Array.from(bytes, (v) => v / 255), "unit-float"],
    ["0 to 255 in floats", Float32Array.from(bytes), "bytes-in-wider"],
    ["0 to 255 in 32 bits", Uint32Array.from(bytes), "bytes-in-wider"],
    ["0 to 255 in signed 32 bits", Int32Array.from(bytes), "bytes-in-wider"],
  ] as const)("%s show the picture, and it is said", async (_, data, reading) => {
    for (const [, kind] of KINDS) {
      const file = picture(3, RGB, { data, ...kind });
      const pixels = await pixelsOf(file);
      expect(pixels.every((value, i) => Math.abs(value - (bytes[i] ?? 0)) <= 1)).toBe(true);
      expect(await readingsOf(file)).toEqual([reading]);
    }
  });

  test("grey, grey where 0 is white, and grey with a further band", async () => {
    const data = Uint16Array.from(ramp(1), (v) => v * 16);
    expect(await pixelsOf(picture(1, GREY, { data }))).toEqual(threeTimes(ramp(1)));
    expect(await pixelsOf(picture(1, 0, { data }))).toEqual(threeTimes(ramp(1).map((v) => 255 - v)));
    const two = picture(2, GREY, { data: Uint16Array.from(ramp(2), (v) => v * 16), tags: { 338: [0] } });
    expect(await pixelsOf(two)).toEqual(threeTimes(without(ramp(2), 2, 1)));
    expect(await readingsOf(two)).toEqual(["bits-12-of-16", "extra-band"]);
  });

  test("16 bits that are filled are cut to 8, and nothing is said", async () => {
    const file = picture(3, RGB, { data: Uint16Array.from(bytes, (v) => v * 257) });
    expect(await pixelsOf(file)).toEqual(bytes);
    expect(await nodeDecoder.inspect(file)).not.toHaveProperty("readings");
  });

  const dark = Uint16Array.from(ramp(1), (v) => v * 15 + 1);
  test.each([
    [
      "nobody says what the values mean",
      {},
      /end at 3826 of 65535, and nothing says whether the picture is dark/,
    ],
    ["the largest value is a mere statistic", { 281: [3826] }, /nothing says whether/],
  ] as const)(
    "a dark picture is neither brightened nor taken as black where %s",
    async (_, tags, message) => {
      expect(await refusal(picture(1, GREY, { data: dark, tags }))).toMatch(message);
    },
  );
  test.each([
    ["MaxSampleValue 4095", { 281: [4095] }, 12],
    ["SMaxSampleValue 4095", { 341: [4095] }, 12],
    [
      "OME's SignificantBits 12",
      { 270: '<OME><Image><Pixels ID="P" SignificantBits="12" Type="uint16"/></Image></OME>\0' },
      12,
    ],
    ["MaxSampleValue 65535", { 281: [65_535] }, 16],
  ] as const)("%s says how many bits they are", async (_, tags, bits) => {
    const pixels = await pixelsOf(picture(1, GREY, { data: dark, tags }));
    expect(pixels).toEqual(threeTimes([...dark].map((v) => v >> (bits - 8))));
  });

  test("a thermal picture's degrees, which are one colour in 8 bits, are told", async () => {
    const data = Uint16Array.from(ramp(1), (v) => 29_500 + v * 4);
    expect(await readingsOf(picture(1, GREY, { data }))).toEqual(["one-colour"]);
  });
});

describe("a camera's RAW file", () => {
  const RAW = /^graft cannot read a camera's RAW file: export it as JPEG or TIFF\.$/;
  test.each(KINDS)("whose first picture is a preview of the sensor's, %s", async (_, kind) => {
    const subDirectory = { 254: [0], 256: [400], 257: [320], 262: [32_803] };
    expect(await refusal(picture(3, RGB, { ...kind, subDirectory, tags: { 254: [1] } }))).toMatch(RAW);
    expect(await refusal(picture(3, RGB, { ...kind, subDirectory }))).toMatch(RAW);
  });

  test.each([
    ["a DNG by its version", { tags: { 50706: [1, 4, 0, 0] } }],
    ["a linear DNG", { subDirectory: { 262: [34_892] } }],
    ["a preview of what its other directory holds", { tags: { 254: [1] }, subDirectory: { 262: [2] } }],
  ] as const)("%s", async (_, rest) => {
    expect(await refusal(picture(3, RGB, rest))).toMatch(RAW);
  });
  test("the sensor's own numbers", async () => {
    expect(await refusal(picture(1, 32_803, { data: Uint16Array.from(ramp(1)) }))).toMatch(RAW);
  });

  test("a TIFF with a thumbnail or a pyramid beside stays read", async () => {
    const bytes = picture(3, RGB, { subDirectory: { 254: [1], 256: [8], 257: [6], 262: [2] } });
    expect(await pixelsOf(bytes)).toEqual(ramp(3));
    expect(await pixelsOf(picture(3, RGB, { tags: { 254: [1] } }))).toEqual(ramp(3));
  });
});

describe("tags that no pixel hangs on", () => {
  test("in disorder, or a text without its end, stop nothing, and the bytes given stay as they are", async () => {
    const odd = picture(3, RGB, { tags: { 270: "no NUL at the end", 254: [0] } });
    const before = Buffer.from(odd);
    expect(await pixelsOf(odd)).toEqual(ramp(3));
    expect(before.equals(odd)).toBe(true);
  });

  test("and a file that is cut off is refused with them too", async () => {
    const bytes = picture(3, RGB, { tags: { 270: "no NUL at the end" } });
    // the pixels once more, behind all else, and not to their end
    const moved = Buffer.concat([bytes, bytes.subarray(8, 8 + 500)]);
    const directory = moved.readUInt32LE(4);
    for (let at = directory + 2; at < directory + 2 + 12 * moved.readUInt16LE(directory); at += 12)
      if (moved.readUInt16LE(at) === 273) moved.writeUInt32LE(bytes.length, at + 8);
    expect(await refusal(moved)).toMatch(/damaged or cut off/);
  });
});
