import { expect, it } from "vitest";
import { evaluationText, mistakesText } from "./evaluation-text.ts";

it("shows every class, and a dash where a number is not defined", () => {
  const text = evaluationText({
    images: 4,
    accuracy: 0.75,
    loss: 0.5,
    macroF1: 0.8,
    perClass: {
      cat: { images: 4, precision: 1, recall: 0.75, f1: 0.857 },
      dog: { images: 0, precision: 0, recall: null, f1: 0 },
    },
    confusion: [
      [3, 1],
      [0, 0],
    ],
  });
  expect(text).toContain("accuracy 75.0 % of 4 images, loss 0.5000");
  expect(text).toMatch(/^dog +0 +0\.0 % +- +0\.0 %$/m);
  expect(text).toMatch(/^cat +3 +1$/m);
});

it("lists mistakes by path, and nothing when there is none", () => {
  const text = mistakesText([{ path: "cats/1.jpg", truth: "cats", said: "dogs", score: 0.91 }]);
  expect(text).toMatch(/^cats\/1\.jpg +cats +dogs +91\.0 %$/m);
  expect(mistakesText([])).toBe("");
});
