import { describe, expect, it } from "vitest";
import { worstMistakes } from "./mistakes.ts";
import type { Prediction } from "./types.ts";

const said = (label: number, score: number): Prediction => ({
  label,
  score,
  probabilities: Float32Array.from(label === 0 ? [score, 1 - score] : [1 - score, score]),
});

describe("worstMistakes", () => {
  const truth = [0, 0, 1, 1, 0];
  const predictions = [said(1, 0.6), said(0, 0.99), said(0, 0.9), said(0, 0.6), said(1, 0.75)];

  it("lists only wrong images, the most confident first, equal ones in the list's order", () => {
    expect(worstMistakes(truth, predictions, 10)).toEqual([2, 4, 0, 3]);
  });

  it("gives at most as many as asked for", () => {
    expect(worstMistakes(truth, predictions, 2)).toEqual([2, 4]);
    expect(worstMistakes(truth, predictions, 0)).toEqual([]);
  });
});
