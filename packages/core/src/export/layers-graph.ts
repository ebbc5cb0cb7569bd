import { CoreError } from "../errors.ts";
import { GraphBuilder } from "../graph/builder.ts";
import type { Graph, Shape, ValueId } from "../graph/graph.ts";
import type { WeightTensor } from "../trunk/types.ts";
import type { ActivationName, Network, NetworkLayer } from "./network-config.ts";

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
        what: "A layer of the network is read before it is made.",
        received: layer,
      });
    return value;
  }

  add(layer: NetworkLayer): void {
    const inputs = layer.inbound_nodes.map((from) => this.value(from));
    this.#values.set(layer.config.name, this.#make(layer, inputs));
  }

  #make(layer: NetworkLayer, inputs: readonly ValueId[]): ValueId {
    const { builder } = this;
    if (layer.class_name === "InputLayer") return this.#input(layer.config.shape);
    if (layer.class_name === "Concatenate") return builder.concat(inputs);
    const [x, ...others] = inputs;
    if (x === undefined || others.length > 0) {
      throw new CoreError("corrupt", {
        what: `The layer ${layer.config.name} of the network takes one input.`,
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

  #activate(x: ValueId, kind: ActivationName): ValueId {
    return kind === "linear" ? x : this.builder.unary(kind, x);
  }

  #constant(name: string): ValueId {
    const { shape, data } = this.#tensor(name);
    return this.builder.constant(name, shape, data);
  }

  #tensor(name: string): WeightTensor {
    const tensor = this.#tensors.get(name);
    if (tensor) return tensor;
    throw new CoreError("corrupt", { what: "A layer of the network has no weights.", received: name });
  }
}

function build(
  { layers }: Network,
  tensors: ReadonlyMap<string, WeightTensor>,
  inputRange: readonly [number, number],
): LayersGraphBuilder {
  const made = new LayersGraphBuilder(tensors, inputRange);
  for (const layer of layers) made.add(layer);
  return made;
}

/**
 * The graph that a file's network config describes: images [batch, size, size, 3] uint8 → `probabilities` [batch, units]. It is
 * made from the file alone, as Keras or tfjs-layers would, so that running it shows whether the file says what the model computes.
 * @throws CoreError `corrupt` for a config that does not hold together.
 */
export function layersGraph(
  network: Network,
  tensors: ReadonlyMap<string, WeightTensor>,
  inputRange: readonly [number, number],
): Graph {
  const made = build(network, tensors, inputRange);
  made.builder.output("probabilities", made.value(network.output));
  return made.builder.build();
}

/** What each layer gives, [batch, …], by name. @throws as {@link layersGraph}. */
export function layerShapes(
  network: Network,
  tensors: ReadonlyMap<string, WeightTensor>,
): ReadonlyMap<string, Shape> {
  const made = build(network, tensors, [0, 1]);
  return new Map(
    network.layers.map(({ config: { name } }) => [name, made.builder.shapeOf(made.value(name))]),
  );
}
