import { expect, it } from "vitest";
import { divergedError, isBlownUp } from "./diverged.ts";

const AT = {
  epoch: 2,
  step: 40,
  learningRate: 0.3,
  option: "fineTuneLearningRate",
  of: "validation",
} as const;

it("says of a loss that has blown up what was expected, and does not advise the optimizer that is used", () => {
  const { message } = divergedError({ ...AT, loss: 34430, optimizer: "adam" });
  expect(message).toMatch(
    /^The validation loss has blown up\. Received: 34430 at step 40 \(epoch 2\) with learning rate 0\.3\. Expected: at most 10000\./,
  );
  expect(message).toContain(
    "Try a tenth of the learning rate (`fineTuneLearningRate: 0.03`), or larger batches.",
  );
});

it("advises adam in place of what takes steps as large as the gradient", () => {
  const { message } = divergedError({ ...AT, loss: Number.NaN, optimizer: "sgd" });
  expect(message).toMatch(
    /no longer a finite number.*NaN at step 40.*Expected: a finite loss.*adam in place of sgd/s,
  );
});

it.each([
  [Number.NaN, true],
  [Number.POSITIVE_INFINITY, true],
  [10_001, true],
  [9_999, false],
  [0, false],
])("takes %d for blown up: %s", (loss, expected) => {
  expect(isBlownUp(loss)).toBe(expected);
});
