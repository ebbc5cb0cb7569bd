import { describe, expect, it } from "vitest";
import { signTest } from "./sign-test.ts";

/** The same by counting subsets, in whole numbers. */
function counted(better: number, worse: number): number {
  const all = BigInt(better + worse);
  let choose = 1n;
  let sum = 1n;
  for (let i = 1n; i <= BigInt(Math.min(better, worse)); i++) {
    choose = (choose * (all - i + 1n)) / i;
    sum += choose;
  }
  // 60 binary digits of the quotient are more than a number has
  return Math.min(1, Number((2n * sum * 2n ** 60n) / 2n ** all) / 2 ** 60);
}

describe("the sign test", () => {
  it("is the share of coin throws that come out as unevenly", () => {
    // 5 of 7 go one way: a coin does that 45 times in 100
    expect(signTest(5, 2)).toBeCloseTo(0.453125, 12);
    expect(signTest(6, 0)).toBeCloseTo(0.03125, 12);
    expect(signTest(5, 0)).toBeCloseTo(0.0625, 12);
    expect(signTest(0, 0)).toBe(1);
    expect(signTest(4, 4)).toBe(1);
  });

  it("is exact for many pictures, whichever run is named first", () => {
    for (const [better, worse] of [
      [40, 61],
      [480, 560],
      [1000, 1100],
      [5000, 5150],
    ] as const) {
      // the sum of a few thousand logarithms is right to about 12 digits
      expect(signTest(better, worse) / counted(better, worse)).toBeCloseTo(1, 9);
      expect(signTest(worse, better)).toBe(signTest(better, worse));
    }
    expect(signTest(0, 3000)).toBe(0);
  });
});
