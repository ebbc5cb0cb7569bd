import { expect, test } from "vitest";
import { type FoundTensor, variableName } from "./found-tensor.ts";
import { publicNames } from "./public-numbers.ts";

const found = (layer: string, numbering: FoundTensor["numbering"] = "creation"): FoundTensor => ({
  layer,
  variable: "kernel",
  numbering,
  shape: [],
  read: () => new Float32Array(),
});

/** Public layer names of these layers, in their order. */
function named(layers: readonly string[], numbering?: FoundTensor["numbering"]): (string | undefined)[] {
  const tensors = layers.map((layer) => found(layer, numbering));
  const names = publicNames(tensors);
  return tensors.map((tensor) => names.get(tensor)?.replace("/kernel", ""));
}

/** 94 names from this number on; Keras 3 leaves a 0 out. */
const run = (first: number): string[] =>
  Array.from({ length: 94 }, (_, i) => (first + i === 0 ? "conv2d" : `conv2d_${first + i}`));
const publicRun = run(1);

test("public names stay as they are, also when some are missing", () => {
  expect(named(publicRun)).toEqual(publicRun);
  expect(named(["conv2d_94", "conv2d_7", "batch_normalization_3"])).toEqual([
    "conv2d_94",
    "conv2d_7",
    "batch_normalization_3",
  ]);
});

test("Keras 3's names, and those of a session with models before this one, are counted from their first", () => {
  expect(named(run(0))).toEqual(publicRun);
  expect(named(run(95))).toEqual(publicRun);
  expect(named(["conv2d", "conv2d_2", "conv2d_93"])).toEqual(["conv2d_1", "conv2d_3", "conv2d_94"]);
});

test("numbers with gaps wider than the trunk go by rank, whatever the order of the file", () => {
  const gapped = Array.from({ length: 94 }, (_, i) => `conv2d_${3 * i + 5}`);
  expect(named(gapped.toReversed())).toEqual(publicRun.toReversed());
});

test("numbers that count layers as the model lists them go through the graph's order", () => {
  const firstNine = [1, 2, 3, 4, 5, 9, 7, 10, 6].map((number) => `conv2d_${number}`);
  expect(named(run(0), "graph").slice(0, 9)).toEqual(firstNine);
});

test("layers that the trunk has no kind for have no public name", () => {
  expect(named(["dense_1", "conv2d_transpose", "separable_conv2d_2", "my_conv2d_1"])).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test("Keras 3's numbered variables have names, with gamma only where there are four", () => {
  expect([0, 1, 2].map((i) => variableName("batch_normalization", i, 3))).toEqual([
    "beta",
    "moving_mean",
    "moving_variance",
  ]);
  expect(variableName("batch_normalization_4", 0, 4)).toBe("gamma");
  expect(variableName("conv2d_4", 1, 2)).toBe("bias");
});
