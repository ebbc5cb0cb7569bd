import { describe, expect, it } from "vitest";
import { testRandom } from "../testing/random.ts";
import { notSureThreshold } from "./not-sure.ts";

const say = (label: number, score: number) => ({ label, score });

describe("notSureThreshold", () => {
  const truth = [0, 0, 0, 0, 0];
  const predictions = [say(0, 0.9), say(0, 0.8), say(1, 0.7), say(0, 0.6), say(1, 0.5)];

  it("gives the smallest score from which answers are right often enough, and what still gets an answer", () => {
    expect(notSureThreshold(truth, predictions, 0.75)).toEqual({
      ...{ target: 0.75, threshold: 0.6, precision: 0.75, coverage: 0.8 },
    });
    expect(notSureThreshold(truth, predictions, 0.95)).toMatchObject({ threshold: 0.8, coverage: 0.4 });
    expect(notSureThreshold(truth, predictions, 0.6)).toMatchObject({ threshold: 0.5, coverage: 1 });
  });

  it("answers equal scores together", () => {
    const tied = [say(0, 0.9), say(1, 0.9), say(0, 0.5)];
    expect(notSureThreshold([0, 0, 0], tied, 0.6)).toMatchObject({ threshold: 0.5, coverage: 1 });
    expect(notSureThreshold([0, 0, 0], tied, 0.9)).toMatchObject({ threshold: null });
  });

  it("says when no threshold reaches the target, and the best that one gives", () => {
    const sureMistake = [say(1, 0.99), say(0, 0.9), say(0, 0.8), say(1, 0.7)];
    const result = notSureThreshold([0, 0, 0, 0], sureMistake, 0.95);
    expect(result).toEqual({ target: 0.95, threshold: null, precision: 2 / 3, coverage: 0.75 });
  });

  it("keeps its promise on random answers, and no smaller score does", () => {
    const random = testRandom(9);
    for (let round = 0; round < 50; round++) {
      const n = random.int(1, 30);
      const said = Array.from({ length: n }, () => say(random.int(0, 1), random.int(1, 10) / 10));
      const right = said.map(() => random.int(0, 1));
      const { threshold, precision, coverage } = notSureThreshold(right, said, 0.7);
      const precisionAt = (from: number): number => {
        const answered = [...said.entries()].filter(([, { score }]) => score >= from);
        return answered.filter(([i, { label }]) => label === right[i]).length / answered.length;
      };
      const scores = [...new Set(said.map(({ score }) => score))];
      const enough = scores.filter((score) => precisionAt(score) >= 0.7);
      expect(threshold).toBe(enough.length === 0 ? null : Math.min(...enough));
      if (threshold === null) continue;
      expect(precision).toBe(precisionAt(threshold));
      expect(coverage).toBe(said.filter(({ score }) => score >= threshold).length / n);
    }
  });
});
