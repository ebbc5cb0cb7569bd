import { createOnnxBackend } from "@graft/backend-select";
import { type Tail, type TrunkWeights, tailOf } from "@graft/core";
import { beforeAll, describe, expect, it } from "vitest";
import { TEST_BACKENDS, type TestBackend } from "../backends.ts";
import { describeOn } from "../open-or-skip.ts";
import { departures, type FineTuned, fineTune, goldenFeatures, goldenWeights } from "./fine-tune.ts";
import { FINE_TUNE_GOLDEN, GOLDEN } from "./golden.ts";

const TOLERANCE: Readonly<Record<TestBackend["kind"], number>> = {
  cpu: 3e-4,
  wasm: 1e-3,
  webgpu: 3e-3,
  cuda: 3e-3,
};
/** Interpreters of the graph in JavaScript: exact, and minutes for one step. */
const TOO_SLOW = ["reference:cpu", "tfjs:cpu"];
const ALL_STEPS = GOLDEN.finetune_mixed6_mixed7.losses.length;

const tail = tailOf("mixed6", "mixed7");
let weights: TrunkWeights;
let features: Float32Array;
/** What a GPU in software does in seconds: the last convolution of each branch of mixed7, one image. */
const SMALL = { tail: tailOf("conv2d_61", "mixed7"), steps: 1, batch: 1 };
let smallFeatures: Float32Array;
beforeAll(async () => {
  weights = await goldenWeights();
  await using backend = await createOnnxBackend({ provider: "cpu" });
  features = await goldenFeatures(backend, weights, tail.base);
  smallFeatures = await goldenFeatures(backend, weights, SMALL.tail.base);
});

describe("fine-tuning mixed6 and mixed7 loses and moves as in Keras", async () => {
  for (const candidate of TEST_BACKENDS) {
    if (TOO_SLOW.includes(candidate.id)) continue;
    await describeOn(candidate, (backend) => {
      const { software = false } = backend.device;
      it.skipIf(software)(
        `all steps${software ? " (skipped: minutes a step in software)" : ""}`,
        async () => {
          const tuned = await fineTune(backend, { tail, weights, features, steps: ALL_STEPS });
          expect(departures(tuned, TOLERANCE[backend.kind])).toEqual([]);
        },
      );
      it.runIf(software)("a few convolutions as onnx:cpu does, which does as Keras", async () => {
        const small = { ...SMALL, weights, features: smallFeatures };
        const tuned = await fineTune(backend, small);
        await using cpu = await createOnnxBackend({ provider: "cpu" });
        const expected = await fineTune(cpu, small);
        for (const [step, loss] of expected.losses.entries())
          expect(Math.abs((tuned.losses[step] ?? Number.NaN) / loss - 1)).toBeLessThan(TOLERANCE.webgpu);
        expect(expected.changes.get("conv2d_70/kernel")).toBeGreaterThan(0);
        for (const [name, change] of expected.changes)
          expect(Math.abs((tuned.changes.get(name) ?? Number.NaN) - change)).toBeLessThanOrEqual(
            0.01 * change,
          );
      });
    });
  }
});

describe("the test would notice", async () => {
  const tune = async (changed: Tail): Promise<FineTuned> => {
    await using backend = await createOnnxBackend({ provider: "cpu" });
    return await fineTune(backend, { tail: changed, weights, features, steps: ALL_STEPS });
  };
  const only = (part: string): Tail => ({
    ...tail,
    trainable: new Set([...tail.trainable].filter((name) => name.endsWith(part))),
  });

  it("a tail that does not train", async () => {
    const found = departures(await tune({ ...tail, trainable: new Set() }), TOLERANCE.cpu).join();
    expect(found).toMatch(/loss of step 3/);
    expect(found).toMatch(/change of Conv2D_51: 0,.*change of BatchNormalization_70: 0,/s);
  });

  it("betas that do not train", async () => {
    const found = departures(await tune(only("/kernel")), TOLERANCE.cpu).join();
    expect(found).toMatch(/change of BatchNormalization_51: 0,.*change of BatchNormalization_70: 0,/s);
  });

  it("kernels that do not train", async () => {
    const found = departures(await tune(only("/beta")), TOLERANCE.cpu).join();
    expect(found).toMatch(/change of Conv2D_51: 0,.*change of Conv2D_70: 0,/s);
  });
});

describe("fine-tuning from any layer trains what a loop over Keras's layers trains", () => {
  it.each(FINE_TUNE_GOLDEN)("from $from up to $cut", async ({ from, cut, losses, changes }) => {
    await using backend = await createOnnxBackend({ provider: "cpu" });
    const other = tailOf(from, cut);
    const rows = await goldenFeatures(backend, weights, other.base);
    const options = { tail: other, weights, features: rows, steps: losses.length, batch: 4 };
    const tuned = await fineTune(backend, options);
    expect([...other.trainable].sort()).toEqual(Object.keys(changes).sort());
    for (const [step, loss] of losses.entries())
      expect(Math.abs((tuned.losses[step] ?? Number.NaN) / loss - 1), `step ${step + 1}`).toBeLessThan(3e-4);
    for (const [name, change] of Object.entries(changes))
      expect(Math.abs((tuned.changes.get(name) ?? Number.NaN) / change - 1), name).toBeLessThan(0.01);
  });
});
