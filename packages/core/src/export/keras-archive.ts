import { makeZip } from "client-zip";
import type { Shape } from "../graph/graph.ts";
import { modelNumbers } from "../model/model-numbers.ts";
import type { Model } from "../model/types.ts";
import { INPUT_LAYER } from "../trunk/table.ts";
import { exportFacts, withoutLikeness } from "./export-facts.ts";
import { writeHdf5 } from "./hdf5-writer.ts";
import {
  functionalConfig,
  inKerasOrder,
  type KerasLayer,
  kerasLayers,
  NETWORK_NAME,
  variablesOf,
} from "./keras-layers.ts";
import { layerShapes } from "./layers-graph.ts";
import { parseNetwork } from "./network-config.ts";

/** Whose format it is. */
const KERAS_VERSION = "3.15.1";

/** Names of the files in a .keras archive. */
export const KERAS_ENTRIES = {
  metadata: "metadata.json",
  config: "config.json",
  weights: "model.weights.h5",
} as const;

const FLOAT32 = {
  module: "keras",
  class_name: "DTypePolicy",
  config: { name: "float32" },
  registered_name: null,
} as const;

/** A value of Keras 2's config as Keras 3 has it: initializers are objects that name their module. */
function renewed(key: string, value: unknown): unknown {
  if (!key.endsWith("_initializer") || typeof value !== "object") return value;
  return { module: "keras.initializers", ...value, registered_name: null };
}

function layerConfig(layer: KerasLayer): object {
  const { batch_input_shape, ...config } = layer.config;
  if (layer.class_name === "InputLayer")
    return { ...config, batch_shape: batch_input_shape, dtype: "float32" };
  const entries = Object.entries(config).map(([key, value]) => [key, renewed(key, value)]);
  return { ...Object.fromEntries(entries), dtype: FLOAT32 };
}

const shapeOf = (shape: Shape): readonly (number | null)[] =>
  shape.map((dim) => (dim === "batch" ? null : dim));

/** The call of a layer: what it takes, as tensors with the layer that they come from. */
function inboundNodes(layer: KerasLayer, shapes: ReadonlyMap<string, Shape>): readonly object[] {
  return layer.inbound_nodes.map((call) => {
    const tensors = call.map(([from]) => ({
      class_name: "__keras_tensor__",
      config: { shape: shapeOf(shapes.get(from) ?? []), dtype: "float32", keras_history: [from, 0, 0] },
    }));
    return { args: [layer.class_name === "Concatenate" ? tensors : tensors[0]], kwargs: {} };
  });
}

/** config.json: the functional model as Keras 3 serialises it (keras/src/saving/serialization_lib.py). */
function networkConfig(layers: readonly KerasLayer[], shapes: ReadonlyMap<string, Shape>): object {
  return {
    module: "keras.src.models.functional",
    class_name: "Functional",
    config: {
      name: NETWORK_NAME,
      trainable: true,
      layers: layers.map((layer) => ({
        module: "keras.layers",
        class_name: layer.class_name,
        config: layerConfig(layer),
        registered_name: null,
        name: layer.name,
        inbound_nodes: inboundNodes(layer, shapes),
      })),
      input_layers: [INPUT_LAYER, 0, 0],
      output_layers: [layers.at(-1)?.name, 0, 0],
    },
    registered_name: "Functional",
    build_config: { input_shape: null },
  };
}

/** Keras's `to_snake_case` of the classes that have variables. */
const SNAKE: Readonly<Record<string, string>> = {
  Conv2D: "conv2d",
  BatchNormalization: "batch_normalization",
  Dense: "dense",
};

/**
 * model.weights.h5: `layers/CLASS_k/vars/i`, where k counts the layers of a class as `model.layers` lists them (none for the
 * first) and the group's attribute has the layer's own name (keras/src/saving/saving_lib.py, `_save_container_state`).
 */
function weightsFile(model: Model, layers: readonly KerasLayer[]): Promise<Uint8Array> {
  const numbers = modelNumbers(model);
  const counts = new Map<string, number>();
  return writeHdf5((file) => {
    file.attribute("vars", "name", NETWORK_NAME);
    for (const layer of layers) {
      const kind = SNAKE[layer.class_name];
      if (kind === undefined) continue;
      const count = counts.get(kind) ?? 0;
      counts.set(kind, count + 1);
      const group = `layers/${count === 0 ? kind : `${kind}_${count}`}/vars`;
      file.attribute(group, "name", layer.name);
      for (const [i, variable] of variablesOf(layer).entries()) {
        const tensor = numbers.get(`${layer.name}/${variable}`);
        if (!tensor) throw new TypeError(`the network has no tensor ${layer.name}/${variable}`);
        file.floats(`${group}/${i}`, tensor);
      }
    }
  });
}

/** "2026-01-31@12:00:00", UTC. */
const kerasTime = (date: Date): string => date.toISOString().slice(0, 19).replace("T", "@");

/**
 * A whole model as a .keras archive of Keras 3: a zip of stored entries. Their dates are that of the model's making.
 * `metadata.json` has what a program needs beside the numbers, too: labels, image rule, range of pixels.
 * @returns the archive's bytes, in pieces.
 * @throws CoreError `weights-mismatch`, `limit`.
 */
export async function kerasArchive(model: Model): Promise<AsyncIterable<Uint8Array>> {
  const layers = inKerasOrder(kerasLayers(model.manifest));
  const network = parseNetwork(functionalConfig(layers), "the model");
  const shapes = layerShapes(network, modelNumbers(model));
  const made = new Date(model.manifest.createdAt);
  // Keras reads neither of the two when it opens an archive; what it does not know is for other programs
  const metadata = {
    keras_version: KERAS_VERSION,
    date_saved: kerasTime(made),
    ...exportFacts(withoutLikeness(model.manifest)),
  };
  const files = [
    { name: KERAS_ENTRIES.metadata, input: JSON.stringify(metadata) },
    { name: KERAS_ENTRIES.config, input: JSON.stringify(networkConfig(layers, shapes)) },
    { name: KERAS_ENTRIES.weights, input: await weightsFile(model, layers) },
  ];
  return makeZip(files.map((file) => ({ ...file, lastModified: made })));
}
