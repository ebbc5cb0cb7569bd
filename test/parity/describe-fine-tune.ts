import { createOnnxBackend } from "@graft/backend-select";
import { tailOf } from "@graft/core";
import { beforeAll, expect, it } from "vitest";
import type { TestBackend } from "../backends.ts";
import { describeOn } from "../open-or-skip.ts";
import { departures, type FineTuneCase, fineTune, goldenFeatures, goldenWeights } from "./fine-tune.ts";
import { GOLDEN } from "./golden.ts";

/** Relative, of each loss. */
export const FINE_TUNE_TOLERANCE: Readonly<Record<TestBackend["kind"], number>> = {
  cpu: 3e-4,
  wasm: 1e-3,
  webgpu: 3e-3,
  cuda: 3e-3,
};
const ALL_STEPS = GOLDEN.finetune_mixed6_mixed7.losses.length;

/** mixed6 and mixed7 under the pooled head, as make_golden.py trains them. */
export async function goldenCase(): Promise<FineTuneCase> {
  return caseOf({ tail: tailOf("mixed6", "mixed7"), steps: ALL_STEPS });
}

/** What a GPU in software does in seconds: the last convolution of each branch of mixed7, one image. */
const smallCase = () => caseOf({ tail: tailOf("conv2d_61", "mixed7"), steps: 1, batch: 1 });

async function caseOf(part: Pick<FineTuneCase, "tail" | "steps" | "batch">): Promise<FineTuneCase> {
  const weights = await goldenWeights();
  await using backend = await createOnnxBackend({ provider: "cpu" });
  return { ...part, weights, features: await goldenFeatures(backend, weights, part.tail.base) };
}

/** Fine-tunes on an engine as Keras does, registered as tests. Await it at a test file's top level. */
export async function describeFineTune(candidate: TestBackend): Promise<void> {
  await describeOn(candidate, (backend) => {
    const { software = false } = backend.device;
    let tuned: FineTuneCase;
    beforeAll(async () => {
      tuned = await (software ? smallCase() : goldenCase());
    });

    if (!software) {
      it("fine-tunes mixed6 and mixed7 as Keras does", async () => {
        const found = await fineTune(backend, tuned);
        expect(departures(found, FINE_TUNE_TOLERANCE[backend.kind])).toEqual([]);
      });
      return;
    }
    it.skip("fine-tunes mixed6 and mixed7 as Keras does (skipped: minutes a step in software)");
    it("fine-tunes a few convolutions as onnx:cpu does, which does as Keras", async () => {
      const found = await fineTune(backend, tuned);
      await using cpu = await createOnnxBackend({ provider: "cpu" });
      const expected = await fineTune(cpu, tuned);
      for (const [step, loss] of expected.losses.entries())
        expect(Math.abs((found.losses[step] ?? Number.NaN) / loss - 1)).toBeLessThan(
          FINE_TUNE_TOLERANCE.webgpu,
        );
      expect(expected.changes.get("conv2d_70/kernel")).toBeGreaterThan(0);
      for (const [name, change] of expected.changes)
        expect(Math.abs((found.changes.get(name) ?? Number.NaN) - change)).toBeLessThanOrEqual(0.01 * change);
    });
  });
}
