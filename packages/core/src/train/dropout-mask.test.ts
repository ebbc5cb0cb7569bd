import { describe, expect, it } from "vitest";
import { fillDropoutMask } from "./dropout-mask.ts";

const mask = (length: number, rate: number, time: { seed: number; epoch: number; step: number }) => {
  const out = new Float32Array(length).fill(Number.NaN);
  fillDropoutMask(out, rate, time);
  return out;
};
const time = { seed: 1, epoch: 2, step: 3 };

describe("fillDropoutMask", () => {
  it.each([0.2, 0.5, 0.9])("drops a share of %d and keeps the sum of what it masks", (rate) => {
    const values = mask(100_000, rate, time);
    const dropped = values.filter((value) => value === 0).length / values.length;
    // five standard deviations of 100,000 draws
    expect(Math.abs(dropped - rate)).toBeLessThan(5 * Math.sqrt((rate * (1 - rate)) / values.length));
    const kept = new Set(values.filter((value) => value !== 0));
    expect(kept.size).toBe(1);
    // chances are counted in 65536ths
    expect(([...kept][0] ?? 0) * (1 - rate)).toBeCloseTo(1, 3);
  });

  it("gives the same mask for the same seed, epoch and step, and another for any other", () => {
    expect(mask(64, 0.5, time)).toEqual(mask(64, 0.5, time));
    for (const other of [{ seed: 2 }, { epoch: 3 }, { step: 4 }])
      expect(mask(64, 0.5, { ...time, ...other })).not.toEqual(mask(64, 0.5, time));
  });

  it("fills an odd length and a view to the last number and not beyond", () => {
    const whole = new Float32Array(9).fill(-1);
    fillDropoutMask(whole.subarray(1, 8), 0.5, time);
    expect([whole[0], whole[8]]).toEqual([-1, -1]);
    expect(whole.subarray(1, 8).every((value) => value === 0 || value === 2)).toBe(true);
  });

  it("keeps a finite factor when nearly everything is dropped", () => {
    expect(mask(1000, 0.999_999_9, time).every(Number.isFinite)).toBe(true);
  });

  it("draws neighbours and steps independently", () => {
    const [a, b] = [mask(50_000, 0.5, time), mask(50_000, 0.5, { ...time, step: 4 })];
    const agreement = (other: (at: number) => number | undefined): number =>
      a.filter((value, at) => value === other(at)).length / a.length;
    for (const share of [
      agreement((at) => b[at]),
      agreement((at) => a[at + 1]),
      agreement((at) => a[at + 2]),
    ])
      expect(Math.abs(share - 0.5)).toBeLessThan(0.02);
  });
});
