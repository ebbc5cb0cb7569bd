import { z } from "zod";
import { CoreError } from "../errors.ts";
import { GraphBuilder } from "../graph/builder.ts";
import type { Graph, ValueId } from "../graph/graph.ts";
import type { WeightTensor } from "../trunk/types.ts";

const pair = z.tuple([z.int().min(1), z.int().min(1)]);
const name = z.string();
const windowed = z.object({ name, strides: pair, padding: z.enum(["same", "valid"]) });
const activation = z.enum(["linear", "relu", "sigmoid", "softmax"]);
const noConfig = z.object({ name });

/** The layers that graft writes, each with the part of Keras's config that changes numbers. */
const layerSchema = z.intersection(
  z.discriminatedUnion("class_name", [
    z.object({
      class_name: z.literal("InputLayer"),
      config: z.object({ name, batch_input_shape: z.tuple([z.null(), z.int(), z.int(), z.int()]) }),
    }),
    z.object({ class_name: z.literal("Conv2D"), config: windowed.extend({ use_bias: z.literal(false) }) }),
    z.object({
      class_name: z.literal("BatchNormalization"),
      config: z.object({ name, epsilon: z.number(), scale: z.literal(false), center: z.literal(true) }),
    }),
    z.object({ class_name: z.literal("Activation"), config: z.object({ name, activation }) }),
    z.object({ class_name: z.literal("MaxPooling2D"), config: windowed.extend({ pool_size: pair }) }),
    z.object({ class_name: z.literal("AveragePooling2D"), config: windowed.extend({ pool_size: pair }) }),
    z.object({ class_name: z.literal("Concatenate"), config: noConfig }),
    z.object({ class_name: z.literal("GlobalAveragePooling2D"), config: noConfig }),
    z.object({ class_name: z.literal("Flatten"), config: noConfig }),
    z.object({ class_name: z.literal("Dense"), config: z.object({ name, activation }) }),
    z.object({ class_name: z.literal("Dropout"), config: noConfig }),
  ]),
  z.object({ inbound_nodes: z.array(z.array(z.tuple([name, z.int(), z.int()], z.unknown()))) }),
);

/** The functional network inside a tfjs LayersModel's model.json. */
const topologySchema = z.object({
  model_config: z.object({
    config: z.object({
      layers: z.array(layerSchema),
      output_layers: z.tuple([z.tuple([name, z.int(), z.int()])]),
    }),
  }),
});
type LayersTopology = z.infer<typeof topologySchema>;

/** A model.json as `layersGraph` reads it. */
export const layersModelSchema = z.object({ modelTopology: topologySchema });
type Layer = z.infer<typeof layerSchema>;

/** Makes one layer after the other, convolutions' weights as constants, dense ones, which may be larger than an engine's largest constant, as parameters. */
class LayersGraphBuilder {
  readonly builder = new GraphBuilder();
  readonly #tensors: ReadonlyMap<string, WeightTensor>;
  readonly #inputRange: readonly [number, number];
  readonly #values = new Map<string, ValueId>();

  constructor(tensors: ReadonlyMap<string, WeightTensor>, inputRange: readonly [number, number]) {
    this.#tensors = tensors;
    this.#inputRange = inputRange;
  }

  value(layer: string): ValueId {
    const value = this.#values.get(layer);
    if (value === undefined)
      throw new CoreError("corrupt", {
        what: "A layer of model.json is read before it is made.",
        received: layer,
      });
    return value;
  }

  add(layer: Layer): void {
    const inputs = (layer.inbound_nodes[0] ?? []).map(([from]) => this.value(from));
    this.#values.set(layer.config.name, this.#make(layer, inputs));
  }

  #make(layer: Layer, inputs: readonly ValueId[]): ValueId {
    const { builder } = this;
    if (layer.class_name === "InputLayer") return this.#input(layer.config.batch_input_shape);
    if (layer.class_name === "Concatenate") return builder.concat(inputs);
    const [x, ...others] = inputs;
    if (x === undefined || others.length > 0) {
      throw new CoreError("corrupt", {
        what: `The layer ${layer.config.name} of model.json takes one input.`,
        received: `${inputs.length}`,
      });
    }
    const weight = (part: string): ValueId => this.#constant(`${layer.config.name}/${part}`);
    switch (layer.class_name) {
      case "Conv2D": {
        const { strides, padding } = layer.config;
        return builder.conv2d(x, weight("kernel"), { strides, padding, activation: "none" });
      }
      case "BatchNormalization":
        return builder.batchNorm(
          x,
          weight("beta"),
          weight("moving_mean"),
          weight("moving_variance"),
          layer.config.epsilon,
        );
      case "Activation":
        return this.#activate(x, layer.config.activation);
      case "MaxPooling2D":
        return builder.maxPool(x, layer.config.pool_size, layer.config.strides, layer.config.padding);
      case "AveragePooling2D":
        return builder.averagePool(x, layer.config.pool_size, layer.config.strides, layer.config.padding);
      case "GlobalAveragePooling2D":
        return builder.globalAveragePool(x);
      case "Flatten":
        return builder.flatten(x);
      case "Dense": {
        const { name, activation } = layer.config;
        const [kernel, bias] = [`${name}/kernel`, `${name}/bias`].map((tensor) =>
          this.builder.parameter(tensor, this.#tensor(tensor).shape),
        );
        if (kernel === undefined || bias === undefined) throw new TypeError("a dense layer has two weights");
        return this.#activate(builder.add(builder.matmul(x, kernel), bias), activation);
      }
      case "Dropout":
        return x;
      default:
        layer satisfies never;
        throw new TypeError("an unknown layer");
    }
  }

  /** Pixels 0 … 255 in the range that the network takes. */
  #input([, height, width, channels]: readonly [null, number, number, number]): ValueId {
    const [low, high] = this.#inputRange;
    const images = this.builder.input("images", ["batch", height, width, channels], "uint8");
    return this.builder.scale(images, (high - low) / 255, low);
  }

  #activate(x: ValueId, kind: z.infer<typeof activation>): ValueId {
    return kind === "linear" ? x : this.builder.unary(kind, x);
  }

  #constant(name: string): ValueId {
    const { shape, data } = this.#tensor(name);
    return this.builder.constant(name, shape, data);
  }

  #tensor(name: string): WeightTensor {
    const tensor = this.#tensors.get(name);
    if (tensor) return tensor;
    throw new CoreError("corrupt", { what: "A layer of model.json has no weights.", received: name });
  }
}

/**
 * The graph that a model.json describes: images [batch, size, size, 3] uint8 → `probabilities` [batch, units]. It is made from
 * the file alone, as tfjs-layers would, so that running it shows whether the file says what the model computes.
 * @throws CoreError `corrupt` for a topology that does not hold together.
 */
export function layersGraph(
  topology: LayersTopology,
  tensors: ReadonlyMap<string, WeightTensor>,
  inputRange: readonly [number, number],
): Graph {
  const made = new LayersGraphBuilder(tensors, inputRange);
  const { layers, output_layers } = topology.model_config.config;
  for (const layer of layers) made.add(layer);
  made.builder.output("probabilities", made.value(output_layers[0][0]));
  return made.builder.build();
}
