import type { Model } from "../model/types.ts";
import { LAYER_ORDER } from "../trunk/graph-order.ts";
import type { ConvolutionLayer, TrunkLayer } from "../trunk/layer.ts";
import { BATCH_NORM_EPSILON, INPUT_LAYER, layersUpTo } from "../trunk/table.ts";

/** One layer as Keras 2 and tfjs-layers have it in a functional model's config. */
export interface KerasLayer {
  readonly class_name: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** One call of the layer: [from layer, its call, its output, arguments] for each input. */
  readonly inbound_nodes: readonly (readonly (readonly [string, 0, 0, object])[])[];
}

function kerasLayer(
  class_name: string,
  name: string,
  config: Readonly<Record<string, unknown>>,
  inputs: readonly string[],
): KerasLayer {
  const calls = inputs.map((from) => [from, 0, 0, {}] as const);
  // Keras 2 refuses an input layer that has the flag
  const flags = class_name === "InputLayer" ? {} : { trainable: true };
  return {
    class_name,
    name,
    config: { name, ...flags, ...config },
    inbound_nodes: calls.length > 0 ? [calls] : [],
  };
}

/** What Keras shows as the model's name. */
export const NETWORK_NAME = "graft";

const CHANNELS_LAST = { data_format: "channels_last" } as const;
const GLOROT = { class_name: "GlorotUniform", config: {} } as const;
const ZEROS = { class_name: "Zeros", config: {} } as const;
const ONES = { class_name: "Ones", config: {} } as const;

function convolutionLayers(layer: ConvolutionLayer, inputs: readonly string[]): KerasLayer[] {
  const convolution = {
    filters: layer.filters,
    kernel_size: layer.kernel,
    strides: layer.strides,
    padding: layer.padding,
    ...CHANNELS_LAST,
    dilation_rate: [1, 1],
    activation: "linear",
    use_bias: false,
    kernel_initializer: GLOROT,
  };
  const batchNorm = {
    axis: 3,
    momentum: 0.99,
    epsilon: BATCH_NORM_EPSILON,
    center: true,
    scale: false,
    beta_initializer: ZEROS,
    moving_mean_initializer: ZEROS,
    moving_variance_initializer: ONES,
  };
  return [
    kerasLayer("Conv2D", layer.name, { ...convolution, trainable: false }, inputs),
    kerasLayer("BatchNormalization", layer.batchNorm, { ...batchNorm, trainable: false }, [layer.name]),
    kerasLayer("Activation", layer.activation, { activation: "relu" }, [layer.batchNorm]),
  ];
}

function trunkLayers(layer: TrunkLayer, inputs: readonly string[]): KerasLayer[] {
  switch (layer.kind) {
    case "conv-bn-relu":
      return convolutionLayers(layer, inputs);
    case "max-pool":
    case "average-pool": {
      const { kernel: pool_size, strides, padding } = layer;
      const className = layer.kind === "max-pool" ? "MaxPooling2D" : "AveragePooling2D";
      return [kerasLayer(className, layer.name, { pool_size, strides, padding, ...CHANNELS_LAST }, inputs)];
    }
    case "concat":
      return [kerasLayer("Concatenate", layer.name, { axis: 3 }, inputs)];
    default:
      layer satisfies never;
      throw new TypeError("unknown layer kind");
  }
}

function headLayers({ head, cut }: Model["manifest"]): KerasLayer[] {
  const layers: KerasLayer[] = [];
  const add = (class_name: string, name: string, config: Readonly<Record<string, unknown>>): void => {
    layers.push(kerasLayer(class_name, name, config, [layers.at(-1)?.name ?? cut]));
  };
  const dense = (name: string, units: number, activation: string): void =>
    add("Dense", name, {
      units,
      activation,
      use_bias: true,
      kernel_initializer: GLOROT,
      bias_initializer: ZEROS,
    });
  if (head.recipe === "gap") add("GlobalAveragePooling2D", "global_average_pooling2d", CHANNELS_LAST);
  else add("Flatten", "flatten", CHANNELS_LAST);
  if (head.hidden > 0) dense("dense", head.hidden, "relu");
  if (head.dropout > 0) add("Dropout", "dropout", { rate: head.dropout });
  dense("predictions", head.units, head.activation);
  return layers;
}

/** Every layer from the input to the predictions, under Keras's names and in topological order. */
export function kerasLayers(manifest: Model["manifest"]): readonly KerasLayer[] {
  const { cut, rule } = manifest;
  const input = { batch_input_shape: [null, rule.size, rule.size, 3], dtype: "float32", sparse: false };
  const layers = [kerasLayer("InputLayer", INPUT_LAYER, input, [])];
  /** The Keras layer that gives a trunk layer's output. */
  const outputs = new Map([[INPUT_LAYER, INPUT_LAYER]]);
  for (const layer of layersUpTo(cut)) {
    layers.push(
      ...trunkLayers(
        layer,
        layer.inputs.map((name) => outputs.get(name) ?? name),
      ),
    );
    outputs.set(layer.name, layer.kind === "conv-bn-relu" ? layer.activation : layer.name);
  }
  return [...layers, ...headLayers(manifest)];
}

/** The whole network as a functional model of Keras 2, which tfjs-layers and Keras 3's reader of .h5 files take, too. */
export function functionalConfig(layers: readonly KerasLayer[]): object {
  const config = {
    name: NETWORK_NAME,
    layers,
    input_layers: [[INPUT_LAYER, 0, 0]],
    output_layers: [[layers.at(-1)?.name, 0, 0]],
  };
  return { class_name: "Functional", config };
}

/** A layer's variables in the order in which Keras keeps them; none for most layers. */
export function variablesOf({ class_name }: KerasLayer): readonly string[] {
  switch (class_name) {
    case "Conv2D":
      return ["kernel"];
    case "BatchNormalization":
      return ["beta", "moving_mean", "moving_variance"];
    case "Dense":
      return ["kernel", "bias"];
    default:
      return [];
  }
}

/** The layers as Keras lists them in `model.layers`, whose order its files count in: the input, the trunk by depth, the head. */
export function inKerasOrder(layers: readonly KerasLayer[]): readonly KerasLayer[] {
  const places = new Map([INPUT_LAYER, ...LAYER_ORDER].map((name, place) => [name, place]));
  const placeOf = ({ name }: KerasLayer): number => places.get(name) ?? places.size;
  return layers.toSorted((a, b) => placeOf(a) - placeOf(b));
}
