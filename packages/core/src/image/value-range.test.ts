import { describe, expect, test } from "vitest";
import { type DeclaredBits, type ValueStatistics, valueRange } from "./value-range.ts";

const whole = (min: number, max: number, step = 1): ValueStatistics => ({
  ...{ min, max, step, finite: true, whole: true, doubledBytes: false },
});
const decimal = (min: number, max: number): ValueStatistics => ({ ...whole(min, max), whole: false });
const words = (statistics: ValueStatistics, declared?: DeclaredBits) =>
  valueRange("PNG", "uint16", statistics, declared);

describe("16-bit numbers", () => {
  test.each([8, 9, 10, 11, 12, 13, 14])("that end at the top of %i bits are a picture of so many", (bits) => {
    expect(words(whole(0, 2 ** bits - 1))).toEqual({ scale: { bits }, reading: `bits-${bits}-of-16` });
  });

  test.each([
    [10, 4, 4 * 140],
    [12, 16, 16 * 255],
    [12, 16, 16 * 128],
    [14, 64, 64 * 200],
  ])("of %i bits that are an 8-bit picture times %i, ending at %i", (bits, step, max) => {
    expect(words(whole(step, max, step))).toMatchObject({ scale: { bits } });
  });

  test.each([
    ["bright", whole(0, 16_384)],
    ["full", whole(0, 65_535)],
    ["dark, of bytes that stand high", whole(0, 12 * 256, 256)],
    ["dark, of bytes written twice", { ...whole(0, 12 * 257), doubledBytes: true }],
    ["of one value", whole(3000, 3000, 8)],
    ["black", whole(0, 0, 65_536)],
  ])("%s, fill their range", (_, statistics) => {
    expect(words(statistics)).toEqual({ scale: { bits: 16 } });
  });

  // a dark photo really ends here, and so does one of 12 or 14 bits without a white spot
  test.each([
    whole(3, 4000),
    whole(0, 12_000),
    whole(0, 230),
    whole(0, 16 * 120, 16), // 12 bits that stand high, and dark, or an 8-bit photo times 16, and dark
    whole(0, 1),
  ])("that may be dark or narrow are refused: %o", (statistics) => {
    expect(() => words(statistics)).toThrow(
      new RegExp(`values of this 16-bit PNG end at ${statistics.max} of 65535, .* save it with 8 bits`),
    );
  });

  test.each<[DeclaredBits, ValueStatistics, number]>([
    [{ bits: 12, from: "low" }, whole(0, 3000), 12],
    [{ bits: 12, from: "low" }, whole(0, 3008, 16), 12],
    [{ bits: 16, from: "low" }, whole(0, 4000), 16],
    [{ bits: 16, from: "either" }, whole(0, 4095), 16],
    [{ bits: 12, from: "either" }, whole(0, 3000), 12],
    [{ bits: 12, from: "either" }, whole(0, 3008, 16), 16], // the upper 12 bits of a dark picture, as sBIT is meant
    [{ bits: 12, from: "low" }, whole(0, 65_000), 16], // a statement that does not hold
  ])("whose file says %o: %o are %i bits", (declared, statistics, bits) => {
    expect(words(statistics, declared)).toMatchObject({ scale: { bits } });
  });
});

describe("32-bit numbers", () => {
  test("decimal ones from 0 to 1 are black to white", () => {
    expect(valueRange("TIFF", "float32", decimal(0, 1))).toEqual({
      ...{ scale: { times: 255 }, reading: "unit-float" },
    });
  });

  test.each([
    ["float32", whole(0, 255)],
    ["float32", whole(0, 3)],
    ["float32", decimal(0.5, 254.9)],
    ["int32", whole(0, 200)],
    ["uint32", whole(7, 255)],
  ] as const)("%s from 0 to 255 are bytes: %o", (type, statistics) => {
    expect(valueRange("TIFF", type, statistics)).toEqual({ scale: { bits: 8 }, reading: "bytes-in-wider" });
  });

  test.each([
    ["float32", decimal(0, 2.4)],
    ["float32", decimal(-0.5, 0.5)],
    ["float32", whole(0, 65_535)],
    ["int32", whole(-1, 200)],
    ["uint32", whole(0, 256)],
  ] as const)("%s of which nobody knows white are refused: %o", (type, statistics) => {
    expect(() => valueRange("TIFF", type, statistics)).toThrow(
      /nothing says which of them is white.*Received: values from/,
    );
  });

  test("what is no number is refused", () => {
    expect(() => valueRange("TIFF", "float32", { ...decimal(0, 1), finite: false })).toThrow(
      /NaN or infinite/,
    );
  });
});
