import { expect, it } from "vitest";
import { highLoss } from "./high-loss.ts";

const told = (...losses: readonly number[]) =>
  highLoss(
    losses.map((loss) => ({ loss })),
    { learningRate: 0.5, numClasses: 2, option: "learningRate" },
  );

it("tells of a last loss above ten times the first, with a tenth of the learning rate to try", () => {
  expect(told(0.7, 9, 1_234_567)).toBe(
    "The training loss rose from 0.7 in the first epoch to 1230000 in the last: the learning rate (0.5) may be too high; try `learningRate: 0.05`.",
  );
});

it("tells of a last loss above three times that of guessing, high from the start as it may be", () => {
  expect(told(5302, 115, 166)).toBe(
    "The training loss is 166 at the end, and plain guessing gives 0.693: the learning rate (0.5) may be too high; try `learningRate: 0.05`.",
  );
  expect(told(2.1)).toMatch(/is 2\.1 at the end/);
});

it.each([
  ["that fell", [0.7, 100, 0.1]],
  ["that fell from far above guessing", [74, 1.9]],
  ["that rose less", [0.2, 1.9]],
  ["that is small at its worst", [0.001, 0.02]],
  ["of one epoch", [0.9]],
  ["of no epoch", []],
])("says nothing of a loss %s", (_, losses) => {
  expect(told(...losses)).toBeUndefined();
});
