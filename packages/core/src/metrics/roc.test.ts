import { describe, expect, it } from "vitest";
import { testRandom } from "../testing/random.ts";
import { rocCurve } from "./roc.ts";

/** The share of (positive, negative) pairs in the right order, ties counted half: the definition, pair by pair. */
function byPairs(scores: readonly number[], isPositive: readonly boolean[]): number {
  let [sum, pairs] = [0, 0];
  for (const [i, a] of scores.entries())
    for (const [j, b] of scores.entries()) {
      if (!isPositive[i] || isPositive[j]) continue;
      pairs++;
      sum += a > b ? 1 : a === b ? 0.5 : 0;
    }
  return sum / pairs;
}

describe("rocCurve", () => {
  it("gives numpy's rank statistic for scores with many ties", () => {
    const scores = [0.1, 0.5, 0.6, 0.0, 0.1, 0.9, 0.1, 0.1, 0.9, 0.6, 0.4, 0.5];
    const positive = [0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1].map(Boolean);
    expect(rocCurve(scores, positive)?.auc).toBe(0.75);
  });

  it("has an area that is the area under its points, and that of every pair, on random scores with ties", () => {
    const random = testRandom(4);
    for (let round = 0; round < 30; round++) {
      const n = random.int(3, 40);
      const scores = Array.from({ length: n }, () => random.int(0, 8) / 8);
      const positive = [true, false, ...Array.from({ length: n - 2 }, random.bool)];
      const { auc, points } = rocCurve(scores, positive) ?? { auc: -1, points: [] };
      const area = points.slice(1).reduce((sum, point, i) => {
        const before = points[i];
        if (!before) return sum;
        const width = point.falsePositiveRate - before.falsePositiveRate;
        return sum + (width * (point.truePositiveRate + before.truePositiveRate)) / 2;
      }, 0);
      expect(auc).toBeCloseTo(byPairs(scores, positive), 12);
      expect(area).toBeCloseTo(auc, 12);
      expect(points[0]).toEqual({ falsePositiveRate: 0, truePositiveRate: 0, threshold: null });
      expect(points.at(-1)).toMatchObject({ falsePositiveRate: 1, truePositiveRate: 1 });
    }
  });

  it("draws a perfect model with three points and a constant one with two", () => {
    const positive = [true, true, false, false];
    const perfect = rocCurve([0.9, 0.8, 0.2, 0.1], positive);
    expect(perfect?.auc).toBe(1);
    expect(perfect?.points.map((p) => [p.falsePositiveRate, p.truePositiveRate])).toEqual([
      [0, 0],
      [0, 1],
      [1, 1],
    ]);
    expect(rocCurve([0.5, 0.5, 0.5, 0.5], positive)).toMatchObject({ auc: 0.5, points: { length: 2 } });
  });

  it("is not there when all images are of one class", () => {
    expect(rocCurve([0.2, 0.7], [true, true])).toBeUndefined();
  });
});
