import { describe, expect, it } from "vitest";
import { mixBatch } from "./mixup.ts";

const SIZE = 6;
const made = () => ({
  size: SIZE,
  features: Float32Array.from({ length: SIZE * 3 }, (_, at) => 10 ** Math.floor(at / 3) * (1 + (at % 3))),
  labels: Float32Array.from({ length: SIZE * 2 }, (_, at) => (Math.floor(at / 2) % 2 === at % 2 ? 1 : 0)),
  weights: new Float32Array(SIZE).fill(1 / SIZE),
});
const mixed = (step: number, alpha = 0.4) => {
  const batch = made();
  mixBatch(batch, alpha, { seed: 1, epoch: 2, step });
  return batch;
};

describe("mixBatch", () => {
  it("mixes each row with one other of the batch by one share, features and labels alike", () => {
    const [before, after] = [made(), mixed(1)];
    const rowOf = (row: number): number => (after.features[row * 3] ?? 0) / 10 ** row;
    // a row whose partner is smaller by orders of magnitude shows its own share
    const shares = Array.from({ length: SIZE }, (_, row) => rowOf(row)).filter((value) => value < 1);
    const share = Math.max(...shares);
    expect(share).toBeGreaterThanOrEqual(0.5);
    for (let row = 0; row < SIZE; row++) {
      const partners = Array.from({ length: SIZE }, (_, other) => other).filter((other) =>
        [0, 1, 2].every((at) => {
          const [own, theirs] = [before.features[row * 3 + at] ?? 0, before.features[other * 3 + at] ?? 0];
          const expected = share * own + (1 - share) * theirs;
          return Math.abs((after.features[row * 3 + at] ?? 0) / expected - 1) < 0.2;
        }),
      );
      expect(partners.length, `row ${row}`).toBeGreaterThan(0);
      const sum = (after.labels[row * 2] ?? 0) + (after.labels[row * 2 + 1] ?? 0);
      expect(sum).toBeCloseTo(1, 6);
      // the row's own class stays the likelier one
      expect(after.labels[row * 2 + (row % 2)]).toBeGreaterThanOrEqual(0.5);
    }
    expect(after.weights.reduce((total, weight) => total + weight, 0)).toBeCloseTo(1, 6);
  });

  it("is a function of seed, epoch and step", () => {
    expect(mixed(1)).toEqual(mixed(1));
    expect(mixed(1).features).not.toEqual(mixed(2).features);
  });

  it("mixes more with a larger alpha: the mean own share of Beta(α, α) folded at one half", () => {
    // E max(λ, 1 − λ) = ½ + E|λ − ½|: 0.75 for α = 1 (uniform)
    const meanShare = (alpha: number): number => {
      let total = 0;
      for (let step = 0; step < 2000; step++) {
        const batch = { size: 2, features: Float32Array.of(1, 0), labels: new Float32Array(2) };
        const weights = new Float32Array(2);
        mixBatch({ ...batch, weights }, alpha, { seed: 1, epoch: 1, step });
        total += Math.max(...batch.features);
      }
      return total / 2000;
    };
    // half of the rows of two are their own partner
    expect(meanShare(1)).toBeCloseTo((0.75 + 1) / 2, 1);
    expect(meanShare(0.1)).toBeGreaterThan(meanShare(1));
  });
});
