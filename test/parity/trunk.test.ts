import { type Backend, type TrunkWeights, trunkGraph } from "@graft/core";
import { loadWeights } from "@graft/core/node";
import { beforeAll, expect, it } from "vitest";
import { TEST_BACKENDS, type TestBackend } from "../backends.ts";
import { describeOn } from "../open-or-skip.ts";
import { goldenArray, goldenFloats } from "./golden.ts";

const SIZE = 150;
const IMAGE_LENGTH = SIZE * SIZE * 3;
const FEATURES = [7, 7, 768] as const;

/**
 * How many of the golden images an engine sees, and how far off a feature may be. CPU engines: float32 sums in another
 * order than TensorFlow's gave up to 1.5e-5 on values up to 9.9. WebGPU: its division and square root are allowed 2.5 ulp.
 */
interface Share {
  readonly images: number;
  readonly atol: number;
}

/** A GPU here may be one in software, with 0.3 images a second; wasm runs one thread in Node, with 15. */
const SHARES: Readonly<Record<TestBackend["kind"], Share>> = {
  cpu: { images: 8, atol: 1e-4 },
  cuda: { images: 8, atol: 1e-3 },
  webgpu: { images: 1, atol: 1e-3 },
  wasm: { images: 4, atol: 1e-4 },
};

/** Interpreters of the graph in JavaScript: exact, and minutes for one image. */
const TOO_SLOW = ["reference:cpu", "tfjs:cpu"];

let weights: TrunkWeights;
beforeAll(async () => {
  // the golden values were computed on [-1, 1], whatever the numbers were trained on
  weights = await loadWeights({
    weights: "bundled",
    inputRange: [-1, 1],
    home: "",
    env: {},
    fetch: () => Promise.reject(new Error("bundled weights need no network")),
  });
});

/** Features of the first golden images. */
async function featuresOn(
  backend: Backend,
  images: number,
  pool: "none" | "avg",
): Promise<readonly number[]> {
  const { data } = goldenArray("images");
  if (!(data instanceof Uint8Array)) throw new TypeError("images.npy is not uint8");
  const program = await backend.compile(trunkGraph(weights, { cut: "mixed7", size: SIZE, pool }));
  try {
    const shape = [images, SIZE, SIZE, 3];
    const { features } = await program.run({
      images: { shape, data: data.subarray(0, images * IMAGE_LENGTH) },
    });
    return Array.from(features?.data ?? []);
  } finally {
    program.dispose();
  }
}

const largestError = (found: readonly number[], expected: Float32Array): number =>
  found.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (expected[i] ?? Number.NaN))), 0);

for (const candidate of TEST_BACKENDS.filter(({ id }) => !TOO_SLOW.includes(id))) {
  await describeOn(candidate, (backend) => {
    const { images, atol } = SHARES[candidate.kind];

    it(`gives Keras's mixed7 features of ${images} images`, async () => {
      const found = await featuresOn(backend, images, "none");
      const length = images * FEATURES.reduce((product, side) => product * side, 1);
      expect(found).toHaveLength(length);
      expect(largestError(found, goldenFloats("mixed7_first8"))).toBeLessThan(atol);
    }, 240_000);

    it.skipIf(candidate.kind === "webgpu")(
      "gives Keras's averages of mixed7",
      async () => {
        const found = await featuresOn(backend, images, "avg");
        expect(found).toHaveLength(images * FEATURES[2]);
        expect(largestError(found, goldenFloats("mixed7_gap"))).toBeLessThan(atol);
      },
      240_000,
    );
  });
}
