import { describe, expect, it } from "vitest";
import { decodeFloat16, encodeFloat16, roundToFloat16 } from "./float16.ts";

const halfOf = (value: number): number | undefined => encodeFloat16(Float32Array.of(value))[0];
const ALL = Uint16Array.from({ length: 2 ** 16 }, (_, half) => half);

describe("float16", () => {
  it.each([
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [65519.99, 0x7bff], // float32 below the tie
    [65520, 0x7c00],
    [-1e30, 0xfc00],
    [Number.POSITIVE_INFINITY, 0x7c00],
    [2 ** -14, 0x0400],
    [2 ** -14 - 2 ** -24, 0x03ff],
    [2 ** -14 - 2 ** -25, 0x0400], // a tie between the last subnormal and the first normal
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000], // a tie to the even zero
    [2 ** -25 * 1.0001, 0x0001],
    [3 * 2 ** -25, 0x0002],
    [5 * 2 ** -25, 0x0002],
    [1e-45, 0x0000],
    [1 + 2 ** -11, 0x3c00], // ties to even, down and up
    [1 + 3 * 2 ** -11, 0x3c02],
    [1 + 2 ** -11 + 2 ** -20, 0x3c01],
    [2 - 2 ** -12, 0x4000], // rounding carries into the exponent
  ])("stores %d as the nearest half", (value, half) => {
    expect(halfOf(value)).toBe(half);
  });

  it("gives back every half it is given, and NaN as NaN", () => {
    const values = decodeFloat16(ALL);
    const again = encodeFloat16(values);
    for (const half of ALL) {
      const expectsNaN = (half & 0x7c00) === 0x7c00 && (half & 0x3ff) !== 0;
      if (expectsNaN) expect(values[half]).toBeNaN();
      else if (again[half] !== half) expect.fail(`${half} became ${again[half]}`);
    }
    expect(halfOf(Number.NaN)).toBe(0x7e00);
  });

  it("rounds to the nearer neighbour for every half and the numbers between it and the next", () => {
    const values = decodeFloat16(ALL.subarray(0, 0x7c00));
    for (let half = 0; half + 1 < values.length; half++) {
      const [low, high] = [values[half] ?? 0, values[half + 1] ?? 0];
      const middle = (low + high) / 2;
      const quarter = (high - low) / 4;
      const even = half % 2 === 0 ? half : half + 1;
      if (
        halfOf(middle - quarter) !== half ||
        halfOf(middle + quarter) !== half + 1 ||
        halfOf(middle) !== even
      )
        expect.fail(`between ${low} and ${high}`);
    }
  });

  it("rounds a row in place to what it would be read back as", () => {
    const row = Float32Array.of(0.1, -2.71, 70000);
    const stored = decodeFloat16(encodeFloat16(row));
    roundToFloat16(row);
    expect(row).toEqual(stored);
    expect(row[0]).toBe(Math.fround(0.0999755859375));
  });
});
