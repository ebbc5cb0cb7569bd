import { describe, expect, it } from "vitest";
import { testRandom } from "../testing/random.ts";
import { likelyLabelErrors } from "./label-errors.ts";
import type { Prediction } from "./types.ts";

function said(...probabilities: number[]): Prediction {
  const score = Math.max(...probabilities);
  return { label: probabilities.indexOf(score), score, probabilities: Float32Array.from(probabilities) };
}

describe("likelyLabelErrors", () => {
  it("lists what is unusually unlike its label and as like another class as that class usually is", () => {
    // usual: class 0 (0.875 + 0.75 + 0.25) / 3 = 0.625, class 1 (0.75 + 0.5) / 2 = 0.625
    const truth = [0, 0, 0, 1, 1];
    const predictions = [
      said(0.875, 0.125),
      said(0.75, 0.25),
      said(0.25, 0.75),
      said(0.25, 0.75),
      said(0.5, 0.5),
    ];
    expect(likelyLabelErrors(2, truth, predictions)).toEqual([
      { position: 2, suggested: 1, given: 0.25, probability: 0.75 },
    ]);
  });

  it("finds labels that were swapped on purpose, the surest first, and few others", () => {
    const random = testRandom(2);
    const real = Array.from({ length: 120 }, (_, i) => i % 3);
    const predictions = real.map((label) => {
      const sure = 0.6 + 0.35 * random.next();
      return said(...[0, 1, 2].map((other) => (other === label ? sure : (1 - sure) / 2)));
    });
    const swapped = new Set([5, 40, 77, 100]);
    const truth = real.map((label, i) => (swapped.has(i) ? (label + 1) % 3 : label));
    const found = likelyLabelErrors(3, truth, predictions);
    for (const { position, suggested } of found) {
      expect(swapped.has(position)).toBe(true);
      expect(suggested).toBe(real[position]);
    }
    expect(found.length).toBeGreaterThanOrEqual(3);
    const margins = found.map(({ probability, given }) => probability - given);
    expect(margins).toEqual(margins.toSorted((a, b) => b - a));
  });

  it("suggests no class of which there is no image", () => {
    const truth = [0, 0];
    expect(likelyLabelErrors(2, truth, [said(0.9, 0.1), said(0.1, 0.9)])).toEqual([]);
  });
});
