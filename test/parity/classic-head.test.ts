import { createOnnxBackend } from "@graft/backend-select";
import { trunkGraph } from "@graft/core";
import { loadWeights } from "@graft/core/node";
import { beforeAll, expect, it } from "vitest";
import { TEST_BACKENDS } from "../backends.ts";
import { itLong } from "../long.ts";
import { describeOn } from "../open-or-skip.ts";
import { GOLDEN, goldenArray } from "./golden.ts";
import { type HeadCase, trainHead } from "./train-head.ts";

/** Flatten → Dense(1024, relu) → Dense(1, sigmoid): a matrix of 154 MB, above WebGPU's default binding of 128 MiB. */
const CLASSIC: HeadCase = {
  columns: 7 * 7 * 768,
  hidden: 1024,
  units: 1,
  kernelScales: [0.01, 0.1],
  optimizer: "rmsprop",
  learningRate: 1e-4,
  batch: 20,
  steps: 8,
  label: (image) => image % 2,
};
const NUM_IMAGES = 40;

/**
 * Steps by engine: all where one takes 0.1 s. A processor that imitates a GPU takes 10 to 16 s for one: two on tfjs, whose
 * second loss shows the first update, one on ONNX Runtime. Other engines: minutes, or their memory ends.
 */
const STEPS: Readonly<Record<string, number>> = { "onnx:cpu": 8, "tfjs:webgpu": 2, "onnx:webgpu": 1 };

/** mixed7 of the golden images, as make_golden.py had them: [40, 37632]. */
let features: Float32Array;
beforeAll(async () => {
  const weights = await loadWeights({
    weights: "bundled",
    inputRange: [-1, 1],
    home: "",
    env: {},
    fetch: () => Promise.reject(new Error("bundled weights need no network")),
  });
  await using backend = await createOnnxBackend({ provider: "cpu" });
  const program = await backend.compile(trunkGraph(weights, { cut: "mixed7", size: 150, pool: "none" }));
  const { shape, data } = goldenArray("images");
  if (!(data instanceof Uint8Array)) throw new TypeError("images.npy is not uint8");
  const { features: found } = await program.run({ images: { shape, data } });
  if (!(found?.data instanceof Float32Array)) throw new TypeError("the trunk gave no features");
  expect(found.shape).toEqual([NUM_IMAGES, 7, 7, 768]);
  features = found.data;
});

for (const candidate of TEST_BACKENDS.filter(({ id }) => STEPS[id] !== undefined)) {
  const steps = STEPS[candidate.id] ?? 0;
  await describeOn(candidate, (backend) => {
    const itTakes: typeof itLong = steps > 1 ? itLong : it;
    itTakes(
      `trains the classic head with RMSprop as Keras does, steps: ${steps}`,
      async () => {
        const { losses } = await trainHead(backend, { ...CLASSIC, steps }, features);
        for (const [step, loss] of losses.entries()) {
          const expected = GOLDEN.flatten_rmsprop.losses[step] ?? Number.NaN;
          expect(
            Math.abs(loss - expected) / expected,
            `loss of step ${step + 1}: ${loss}, Keras ${expected}`,
          ).toBeLessThan(1e-3);
        }
      },
      240_000,
    );
  });
}
