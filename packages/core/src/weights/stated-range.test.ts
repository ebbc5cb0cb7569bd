import { expect, test } from "vitest";
import { type StatedRange, statedRange } from "./stated-range.ts";

const stated = (config: unknown, facts?: unknown): StatedRange => statedRange({ config, facts }, "conv2d");

const CONVOLUTION = { filters: 32, kernel_size: [3, 3], strides: [2, 2] };

/** Layers one after the other as Keras 3 writes them; the last is the trunk's first. */
function chain(
  ...layers: readonly (readonly [className: string, config?: object, ...more: unknown[]])[]
): object {
  const all = [["InputLayer"], ...layers, ["Conv2D", { ...CONVOLUTION, name: "conv2d" }]] as const;
  const nameAt = (i: number): string => (i === all.length - 1 ? "conv2d" : `layer_${i}`);
  return {
    class_name: "Functional",
    config: {
      layers: all.map(([class_name, config = {}, ...more], i) => ({
        ...{ class_name, name: nameAt(i), config: { name: nameAt(i), ...config } },
        inbound_nodes:
          i === 0
            ? []
            : [
                {
                  args: [
                    { class_name: "__keras_tensor__", config: { keras_history: [nameAt(i - 1), 0, 0] } },
                    ...more,
                  ],
                  kwargs: { mask: null },
                },
              ],
      })),
    },
  };
}

test.each([
  [1 / 127.5, -1, [-1, 1]],
  [1 / 255, 0, [0, 1]],
  [1 / 255, undefined, [0, 1]],
  [1, -127.5, [-127.5, 127.5]],
  [-1 / 255, 1, [1, 0]],
])("Rescaling(%d, %s) gives %j", (scale, offset, range) => {
  expect(stated(chain(["Rescaling", { scale, offset }]))).toEqual({ range, by: ["layer_1"], inFront: [] });
});

test("several are one after the other, and layers that leave the range as it is do not matter", () => {
  const config = chain(
    ["Resizing", { height: 150, width: 150 }],
    ["RandomFlip", { mode: "horizontal" }],
    ["Rescaling", { scale: 1 / 255 }],
    ["Dropout", { rate: 0.1 }],
    ["Rescaling", { scale: 1, offset: -0.5 }],
  );
  expect(stated(config)).toEqual({ range: [-0.5, 0.5], by: ["layer_3", "layer_5"], inFront: [] });
});

test("arithmetic in the graph counts, as preprocess_input makes it in Keras 3", () => {
  const config = chain(["TrueDivide", {}, 127.5], ["Subtract", {}, 1]);
  expect(stated(config)).toEqual({ range: [-1, 1], by: ["layer_1", "layer_2"], inFront: [] });
  expect(stated(chain(["Multiply", {}, 1 / 255], ["Add", {}, 0])).range).toEqual([0, 1]);
});

test("… and in Keras 2, whose trunk lies in a model of its own", () => {
  const layer = (class_name: string, name: string, config: object, inbound_nodes: unknown): object => ({
    ...{ class_name, name, inbound_nodes },
    config: { name, ...config },
  });
  const trunk = {
    layers: [
      layer("InputLayer", "input_3", {}, []),
      layer("Conv2D", "conv2d", CONVOLUTION, [[["input_3", 0, 0, {}]]]),
    ],
  };
  const config = {
    class_name: "Functional",
    config: {
      layers: [
        layer("InputLayer", "input_2", {}, []),
        layer("TFOpLambda", "tf.math.truediv", { function: "math.truediv" }, [
          ["input_2", 0, 0, { y: 127.5, name: null }],
        ]),
        layer("TFOpLambda", "tf.math.subtract", { function: "math.subtract" }, [
          ["tf.math.truediv", 0, 0, { y: 1, name: null }],
        ]),
        layer("Functional", "inception_v3", trunk, [[["tf.math.subtract", 0, 0, {}]]]),
        layer("Rescaling", "logits", { scale: 10 }, [[["inception_v3", 1, 0, {}]]]),
      ],
    },
  };
  expect(stated(config)).toEqual({
    range: [-1, 1],
    by: ["tf.math.truediv", "tf.math.subtract"],
    inFront: [],
  });
});

test("a Sequential model is a chain", () => {
  const trunk = { class_name: "Conv2D", config: { ...CONVOLUTION, name: "conv2d" } };
  const config = {
    class_name: "Sequential",
    config: {
      layers: [
        { class_name: "InputLayer", config: { name: "input" } },
        { class_name: "Rescaling", config: { name: "rescaling", scale: 1 / 255, offset: 0 } },
        { class_name: "Functional", config: { name: "inception_v3", layers: [trunk] } },
        { class_name: "Flatten", config: { name: "flatten" } },
      ],
    },
  };
  expect(stated(config)).toEqual({ range: [0, 1], by: ["rescaling"], inFront: [] });
});

test("what changes pixels in another way is named", () => {
  const config = chain(["BatchNormalization"], ["Rescaling", { scale: 1 / 255 }], ["Lambda"]);
  expect(stated(config)).toEqual({ range: [0, 1], by: ["layer_2"], inFront: ["layer_1", "layer_3"] });
  const perChannel = chain(["Rescaling", { scale: [1, 1, 1], offset: [-103.9, -116.8, -123.7] }]);
  expect(stated(perChannel)).toEqual({ by: [], inFront: ["layer_1"] });
});

test("a layer that scales what is scaled already says nothing of 255", () => {
  expect(stated(chain(["Rescaling", { scale: 2, offset: -1 }]))).toEqual({
    ...{ by: ["layer_1"], inFront: [] },
    takesScaled: true,
  });
});

test("a config without the trunk, and none at all, say nothing", () => {
  for (const config of [undefined, null, 7, "{}", {}, { class_name: "Functional", config: {} }])
    expect(stated(config)).toEqual({ by: [], inFront: [] });
});

test("what graft writes into its exports holds, as JSON and as its text", () => {
  const own = { range: [0, 1], by: ["graft"], inFront: [] };
  const config = chain(["Rescaling", { scale: 2 }]);
  expect(stated(config, { graftVersion: "0.1.0", inputRange: [0, 1] })).toEqual(own);
  expect(stated(config, { graftVersion: "0.1.0", inputRange: "[0,1]" })).toEqual(own);
  for (const facts of [
    { inputRange: [0, 1] },
    { graftVersion: "1", inputRange: "[0" },
    { graftVersion: "1", inputRange: "7" },
  ])
    expect(stated(undefined, facts)).toEqual({ by: [], inFront: [] });
});
