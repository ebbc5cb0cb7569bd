import { expect, test } from "vitest";
import { layerNumber, namedTensor, variableName } from "./found-tensor.ts";

const named = (path: string, isOneLayer?: boolean): string => {
  const { model, layer, variable } = namedTensor(path.split("/"), isOneLayer);
  return `${model}|${layer}|${variable}`;
};

test("the layer is the group's, whatever TensorFlow called the tensor in it", () => {
  expect(named("conv2d_5/conv2d_5/kernel:0")).toBe("|conv2d_5|kernel");
  expect(named("conv2d_5/conv2d_5_1/kernel:0")).toBe("|conv2d_5|kernel");
  expect(named("conv2d_5/conv2d_6/kernel:0")).toBe("|conv2d_5|kernel");
  expect(named("conv2d_5/kernel")).toBe("|conv2d_5|kernel");
  expect(named("inc_conv2d_5/conv2d_5/kernel:0", true)).toBe("|inc_conv2d_5|kernel");
});

test("in the group of a nested model the tensor's name has the layer", () => {
  expect(named("inception_v3/conv2d_5/kernel:0")).toBe("inception_v3|conv2d_5|kernel");
  expect(named("outer/inception_v3/batch_normalization/beta")).toBe(
    "outer/inception_v3|batch_normalization|beta",
  );
  expect(named("sequential/dense/bias:0")).toBe("sequential|dense|bias");
});

test("numbers of layers: none is 0, and what a graph added is kept apart", () => {
  expect(layerNumber("conv2d")).toEqual({ kind: "conv2d", number: 0, copy: "" });
  expect(layerNumber("batch_normalization_93_1")).toEqual({
    kind: "batch_normalization",
    number: 93,
    copy: "_1",
  });
  for (const other of [
    "dense_1",
    "conv2d_transpose",
    "conv2d_transpose_4",
    "separable_conv2d_2",
    "my_conv2d_1",
  ])
    expect(layerNumber(other)).toBeUndefined();
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
