import { expect, it } from "vitest";
import { lossRose } from "./loss-rose.ts";

const told = (...losses: readonly number[]) =>
  lossRose(
    losses.map((loss) => ({ loss })),
    { learningRate: 0.5, numClasses: 2 },
  );

it("tells of a last loss above ten times the first, with a tenth of the learning rate to try", () => {
  expect(told(0.7, 9, 1_234_567)).toBe(
    "The training loss rose from 0.7 in the first epoch to 1230000 in the last: the learning rate (0.5) may be too high; try --learning-rate 0.05.",
  );
});

it.each([
  ["that fell", [0.7, 100, 0.1]],
  ["that rose less", [0.7, 7]],
  ["that is small at its worst", [0.001, 0.02]],
  ["of one epoch", [1e6]],
  ["of no epoch", []],
])("says nothing of a loss %s", (_, losses) => {
  expect(told(...losses)).toBeUndefined();
});
