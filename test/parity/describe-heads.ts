import { expect, it } from "vitest";
import type { TestBackend } from "../backends.ts";
import { describeOn } from "../open-or-skip.ts";
import { GOLDEN, goldenFloats } from "./golden.ts";
import { type HeadCase, trainHead } from "./train-head.ts";

const GAP: HeadCase = {
  columns: 768,
  hidden: 0,
  units: 1,
  kernelScales: [0.1],
  optimizer: "rmsprop",
  learningRate: 1e-3,
  batch: 20,
  steps: 20,
  label: (image) => image % 2,
};
const SOFTMAX: HeadCase = {
  ...GAP,
  units: 3,
  optimizer: "adam",
  batch: 16,
  steps: 12,
  label: (image) => image % 3,
};

function expectLosses(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((loss, step) => {
    const error = Math.abs((actual[step] ?? Number.NaN) - loss) / loss;
    expect(error, `loss of step ${step + 1}: ${actual[step]}, Keras ${loss}`).toBeLessThanOrEqual(tolerance);
  });
}

/** Trains the small heads on an engine, registered as tests. Await it at a test file's top level. */
export async function describeHeads(candidate: TestBackend): Promise<void> {
  await describeOn(candidate, (backend) => {
    const { lossTolerance } = candidate;
    const features = goldenFloats("mixed7_gap");

    it("trains the pooled head with RMSprop as Keras does, losses and kernel", async () => {
      const { losses, weights } = await trainHead(backend, GAP, features);
      expectLosses(losses, GOLDEN.gap_rmsprop.losses, lossTolerance);
      const kernel = goldenFloats("gap_rmsprop_kernel");
      const errors = kernel.map((value, i) =>
        Math.abs(value - (weights.get("predictions/kernel")?.[i] ?? Number.NaN)),
      );
      // 20 steps move a weight by up to 0.02
      expect(Math.max(...errors)).toBeLessThanOrEqual(lossTolerance);
    });

    it("trains a softmax head with Adam as Keras does, the last batch smaller", async () => {
      const { losses } = await trainHead(backend, SOFTMAX, features);
      expectLosses(losses, GOLDEN.softmax_adam.losses, lossTolerance);
    });
  });
}
