import { describe, expect, it } from "vitest";
import { testRandom } from "../testing/random.ts";
import { assessPredictions } from "./assess.ts";
import type { Prediction } from "./types.ts";

function said(...probabilities: number[]): Prediction {
  const score = Math.max(...probabilities);
  return { label: probabilities.indexOf(score), score, probabilities: Float32Array.from(probabilities) };
}

function problem(numClasses: number) {
  const random = testRandom(6);
  const truth = Array.from({ length: 60 }, (_, i) => i % numClasses);
  const predictions = truth.map((label) => {
    const raw = Array.from({ length: numClasses }, (_, i) => random.next() + (i === label ? 0.6 : 0));
    const sum = raw.reduce((a, b) => a + b, 0);
    return said(...raw.map((value) => value / sum));
  });
  const hashes = truth.map((_, i) => String(i).padStart(4, "0"));
  return { numClasses, truth, predictions, hashes, precisionTarget: 0.9 };
}

describe("assessPredictions", () => {
  it("has a ROC curve for two classes alone, and the accuracy inside its interval", () => {
    const two = problem(2);
    const result = assessPredictions(two);
    const accuracy = two.predictions.filter(({ label }, i) => label === two.truth[i]).length / 60;
    const [low, high] = result.accuracyInterval;
    expect(low).toBeLessThan(accuracy);
    expect(high).toBeGreaterThan(accuracy);
    expect(result.roc?.auc).toBeGreaterThan(accuracy - 0.1);
    expect(result.notSure.target).toBe(0.9);
    expect(assessPredictions(problem(3)).roc).toBeNull();
  });

  it("has no ROC curve when all images are of one class", () => {
    const two = problem(2);
    expect(assessPredictions({ ...two, truth: two.truth.map(() => 1) }).roc).toBeNull();
  });
});
