import { type Prediction, scorePredictions } from "@graft/core";
import { expect, it } from "vitest";
import { evaluationText, mistakesText } from "./evaluation-text.ts";

it("shows every class, and a dash where a number is not defined", () => {
  const text = evaluationText({
    images: 4,
    accuracy: 0.75,
    loss: 0.5,
    macroF1: 0.8,
    perClass: [
      { label: "cat", images: 4, precision: 1, recall: 0.75, f1: 0.857 },
      { label: "dog", images: 0, precision: 0, recall: null, f1: 0 },
    ],
    confusion: [
      [3, 1],
      [0, 0],
    ],
  });
  expect(text).toContain("accuracy 75.0 % of 4 images, loss 0.5000");
  expect(text).toMatch(/^dog +0 +0\.0 % +- +0\.0 %$/m);
  expect(text).toMatch(/^cat +3 +1$/m);
});

const saying = (label: number, numClasses: number): Prediction => {
  const probabilities = Float32Array.from({ length: numClasses }, (_, i) => (i === label ? 1 : 0));
  return { label, score: 1, probabilities };
};

it("names rows and columns of the confusion table in the labels' order, whole numbers too", () => {
  const text = evaluationText(scorePredictions(["1", "10", "2"], [1], [saying(0, 3)]));
  expect(text).toMatch(/^true \\ said +1 +10 +2$/m);
  expect(text).toMatch(/^10 +1 +0 +0$/m);
  expect(text).toMatch(/^2 +0 +0 +0$/m);
  expect(text).toContain("accuracy 0.0 % of 1 image, loss");
});

it("lists the largest confusions of many classes under their own names", () => {
  // sorted as folders are: 0, 1, 10, 11, 12, 13, 2, …
  const labels = Array.from({ length: 14 }, (_, i) => String(i)).sort();
  const at = (label: string): number => labels.indexOf(label);
  const evaluation = scorePredictions(labels, [at("1"), at("1")], [saying(at("2"), 14), saying(at("2"), 14)]);
  expect(evaluationText(evaluation)).toMatch(/^1 +2 +2$/m);
});

it("lists mistakes by path, and nothing when there is none", () => {
  const text = mistakesText([{ path: "cats/1.jpg", truth: "cats", said: "dogs", score: 0.91 }]);
  expect(text).toMatch(/^cats\/1\.jpg +cats +dogs +91\.0 %$/m);
  expect(mistakesText([])).toBe("");
});
