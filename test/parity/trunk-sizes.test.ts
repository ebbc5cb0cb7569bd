import { createOnnxBackend, createTfjsBackend } from "@graft/backend-select";
import { type Backend, type CutLayer, featureShape, type TrunkWeights, trunkGraph } from "@graft/core";
import { loadWeights } from "@graft/core/node";
import { testRandom } from "@graft/core/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

let weights: TrunkWeights;
let onnx: Backend;
let wasm: Backend;

beforeAll(async () => {
  const fetch = () => Promise.reject(new Error("bundled weights need no network"));
  weights = await loadWeights({ weights: "bundled", home: "", env: {}, fetch });
  onnx = await createOnnxBackend({ provider: "cpu" });
  wasm = await createTfjsBackend({ device: "wasm" });
});
afterAll(async () => {
  await onnx.dispose();
  await wasm.dispose();
});

async function featuresOn(backend: Backend, cut: CutLayer, size: number): Promise<readonly number[]> {
  const random = testRandom(size);
  const data = Uint8Array.from({ length: size * size * 3 }, () => Math.floor(random.next() * 256));
  const program = await backend.compile(trunkGraph(weights, { cut, size, pool: "none" }));
  try {
    const { features } = await program.run({ images: { shape: [1, size, size, 3], data } });
    expect(features?.shape).toEqual([1, ...featureShape(cut, size)]);
    return Array.from(features?.data ?? []);
  } finally {
    program.dispose();
  }
}

/** Cuts of every kind of block at the smallest image, then two common sizes. */
const CASES: readonly (readonly [size: number, cut: CutLayer])[] = [
  ...(["mixed0", "mixed3", "mixed5", "mixed8", "mixed10"] as const).map((cut) => [75, cut] as const),
  [224, "mixed0"],
  [224, "mixed7"],
  [299, "mixed3"],
  [299, "mixed10"],
];

test.each(CASES)("at %i pixels, two engines agree on %s", async (size, cut) => {
  const [found, expected] = [await featuresOn(onnx, cut, size), await featuresOn(wasm, cut, size)];
  const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
  const error = found.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (expected[i] ?? Number.NaN))),
    0,
  );
  // float32 sums in another order, through up to 94 layers: 2e-6 of the largest feature was seen
  expect(error / scale).toBeLessThan(2e-5);
});

test.each([
  ["a side under 75 pixels", 74, "mixed0", /at least 75 pixels.*Received: 74/],
  ["a side that is no whole number", 150.5, "mixed7", /Received: 150\.5/],
] as const)("%s is refused", (_, size, cut, text) => {
  expect(() => trunkGraph(weights, { cut, size, pool: "none" })).toThrow(text);
  expect(() => featureShape(cut, size)).toThrow(text);
});
