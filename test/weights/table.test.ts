import {
  BATCH_NORM_EPSILON,
  CUT_LAYERS,
  GRAPH_ORDER,
  INPUT_LAYER,
  layersUpTo,
  NUM_TRUNK_WEIGHTS,
  TRUNK_LAYERS,
  TRUNK_TENSORS,
  type TrunkLayer,
} from "@graft/core";
import { expect, test } from "vitest";
import { readNsfwjsModel } from "../../packages/core/scripts/nsfwjs-model.ts";

/** Layers as a Keras model has them: a conv-bn-relu is three. */
const kerasLayers = (layers: readonly TrunkLayer[]): [string, object][] => {
  const outputs = new Map(
    layers.map((layer) => [layer.name, "activation" in layer ? layer.activation : layer.name]),
  );
  return layers.flatMap((layer): [string, object][] => {
    const inputs = layer.inputs.map((name) => outputs.get(name) ?? name);
    if (layer.kind === "concat") return [[layer.name, { class: "Concatenate", inputs }]];
    const { kernel, strides, padding } = layer;
    if (layer.kind !== "conv-bn-relu") {
      const kind = layer.kind === "max-pool" ? "MaxPooling2D" : "AveragePooling2D";
      return [[layer.name, { class: kind, inputs, pool: kernel, strides, padding }]];
    }
    const { name, batchNorm, activation, filters } = layer;
    return [
      [name, { class: "Conv2D", inputs, filters, kernel, strides, padding }],
      [batchNorm, { class: "BatchNormalization", inputs: [name], epsilon: BATCH_NORM_EPSILON }],
      [activation, { class: "Activation", inputs: [batchNorm] }],
    ];
  });
};

const keras = readNsfwjsModel().model;
const topology = keras.modelTopology.model_config.config.layers;

test("the table is the graph that Keras wrote for InceptionV3, layer by layer", () => {
  const end = topology.findIndex((layer) => layer.name === "mixed10");
  const expected = topology
    .slice(1, end + 1)
    .map(({ name, class_name, config, inbound_nodes }): [string, object] => {
      const inputs = (inbound_nodes[0] ?? []).map(([input]) => input);
      const { filters, kernel_size: kernel, pool_size: pool, strides, padding, epsilon } = config;
      const given = Object.entries({ filters, kernel, pool, strides, padding, epsilon });
      return [
        name,
        {
          class: class_name,
          inputs,
          ...Object.fromEntries(given.filter(([, value]) => value !== undefined)),
        },
      ];
    });
  expect(Object.fromEntries(kerasLayers(TRUNK_LAYERS))).toEqual(Object.fromEntries(expected));
  expect(topology[0]?.name).toBe(INPUT_LAYER);
});

test.each(["conv2d", "batch_normalization"])(
  "GRAPH_ORDER is the order in which a Keras model lists its %s",
  (kind) => {
    const numbers = topology.flatMap(({ name }) => {
      const [, base, number] = /^(.+)_(\d+)$/.exec(name) ?? [];
      return base === kind ? [Number(number)] : [];
    });
    expect(numbers).toEqual(GRAPH_ORDER);
  },
);

test("the trunk's tensors have the names and shapes of the file's", () => {
  const shapes = new Map(keras.weightsManifest[0]?.weights.map(({ name, shape }) => [name, shape]));
  expect(TRUNK_TENSORS).toHaveLength(4 * 94);
  for (const { name, shape } of TRUNK_TENSORS) expect(shapes.get(name), name).toEqual(shape);
  // Keras's model.summary() for include_top=False
  expect(NUM_TRUNK_WEIGHTS).toBe(21_802_784);
});

test("every cut keeps its own layers, each after its inputs, and ends in the cut", () => {
  let before = 0;
  for (const cut of CUT_LAYERS) {
    const layers = layersUpTo(cut);
    const seen = new Set([INPUT_LAYER]);
    for (const layer of layers) {
      expect(
        layer.inputs.every((input) => seen.has(input)),
        `${cut}: ${layer.name}`,
      ).toBe(true);
      seen.add(layer.name);
    }
    expect(layers.at(-1)?.name).toBe(cut);
    expect(layers.length).toBeGreaterThan(before);
    before = layers.length;
  }
  expect(layersUpTo("mixed10")).toHaveLength(TRUNK_LAYERS.length);
});

test("an unknown cut is refused with the list of right ones", () => {
  expect(() => layersUpTo("mixed11")).toThrow(/mixed11.*mixed0, mixed1.*mixed10/);
});
