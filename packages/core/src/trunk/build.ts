import { CoreError } from "../errors.ts";
import { GraphBuilder } from "../graph/builder.ts";
import type { Graph, ValueId } from "../graph/graph.ts";
import { windowedLength } from "../graph/infer-shape.ts";
import { foldAndFuse } from "../graph/passes/fold-and-fuse.ts";
import type { TrunkLayer } from "./layer.ts";
import { BATCH_NORM_EPSILON, INPUT_LAYER, layersUpTo, MIN_SIZE, TRUNK_LAYERS } from "./table.ts";
import type { Tail } from "./tail.ts";
import type { TrunkWeights } from "./types.ts";

/** One result of the trunk. */
export interface Tap {
  /** The layer whose output it is; of a conv-bn-relu, its relu's. `INPUT_LAYER`: the scaled pixels. */
  readonly layer: string;
  /** "avg": global average over height and width. */
  readonly pool: "none" | "avg";
}

/** How much of the trunk runs, on what. */
export interface TrunkOptions extends Omit<Tap, "layer"> {
  /** Last layer kept. */
  readonly cut: string;
  /** Side of the square images in pixels, at least 75. */
  readonly size: number;
}

function checkSize(size: number): void {
  if (Number.isInteger(size) && size >= MIN_SIZE) return;
  throw new CoreError("bad-input", {
    what: `The images' side must be a whole number of at least ${MIN_SIZE} pixels.`,
    received: `${size}`,
    expected: `${MIN_SIZE} or more; the recipes use 150, InceptionV3 was trained at 299`,
  });
}

/**
 * Shape of one image's features.
 * @param layer a cut layer, or any other layer of the table.
 * @returns [height, width, channels]: mixed7 at 150 pixels gives [7, 7, 768].
 * @throws CoreError `bad-input` for a size under 75 or an unknown layer.
 */
export function featureShape(layer: string, size: number): readonly [number, number, number] {
  checkSize(size);
  const sides = new Map([[INPUT_LAYER, size]]);
  let channels = 3;
  for (const { name, ...next } of layersUpTo(layer)) {
    const side = sides.get(next.inputs[0] ?? INPUT_LAYER) ?? 0;
    // all branches of a block end in one side, so a concatenation's first input stands for them
    const { kernel, strides, padding } = next.kind === "concat" ? NO_WINDOW : next;
    sides.set(name, windowedLength(side, kernel[0], strides[0], padding));
    channels = next.channels;
  }
  const side = sides.get(layer) ?? 0;
  return [side, side, channels];
}

const NO_WINDOW = { kernel: [1, 1], strides: [1, 1], padding: "valid" } as const;

/**
 * Adds layers to a graph whose values (the input's among them) are known by layer name.
 * @param trainable names of tensors that become parameters; the others are constants.
 */
function addLayers(
  builder: GraphBuilder,
  layers: readonly TrunkLayer[],
  weights: Pick<TrunkWeights, "tensors">,
  values: Map<string, ValueId>,
  trainable: ReadonlySet<string> = new Set(),
): void {
  const tensor = (name: string): ValueId => {
    const found = weights.tensors.get(name);
    if (!found) throw new CoreError("weights-mismatch", { what: `The weights have no tensor ${name}.` });
    if (trainable.has(name)) return builder.parameter(name, found.shape);
    return builder.constant(name, found.shape, found.data);
  };
  for (const layer of layers) {
    const inputs = layer.inputs.map((name) => {
      const value = values.get(name);
      if (value === undefined) throw new TypeError(`${layer.name} comes before its input ${name}`);
      return value;
    });
    values.set(layer.name, addLayer(builder, layer, inputs, tensor));
  }
}

function addLayer(
  builder: GraphBuilder,
  layer: TrunkLayer,
  inputs: readonly ValueId[],
  tensor: (name: string) => ValueId,
): ValueId {
  const [x = -1] = inputs;
  switch (layer.kind) {
    case "conv-bn-relu": {
      const { strides, padding, batchNorm: norm } = layer;
      const kernel = tensor(`${layer.name}/kernel`);
      const sums = builder.conv2d(x, kernel, { strides, padding, activation: "none" });
      const [beta, mean, variance] = [
        tensor(`${norm}/beta`),
        tensor(`${norm}/moving_mean`),
        tensor(`${norm}/moving_variance`),
      ];
      return builder.unary("relu", builder.batchNorm(sums, beta, mean, variance, BATCH_NORM_EPSILON));
    }
    case "max-pool":
      return builder.maxPool(x, layer.kernel, layer.strides, layer.padding);
    case "average-pool":
      return builder.averagePool(x, layer.kernel, layer.strides, layer.padding);
    case "concat":
      return builder.concat(inputs);
    default:
      layer satisfies never;
      throw new TypeError("unknown layer kind");
  }
}

/**
 * The trunk as a graph with its weights inside, batch norms folded, relus fused: as far as the taps need it.
 *
 * Input `images` uint8 [batch, size, size, 3], RGB; scaling to `weights.inputRange` is the graph's first op. One output a
 * tap, under its key: float32 [batch, height, width, channels], or [batch, channels] with pool "avg".
 * @throws CoreError `bad-input` for a size under 75 or an unknown layer.
 */
export function tappedTrunk(
  weights: TrunkWeights,
  { taps, size }: { readonly taps: Readonly<Record<string, Tap>>; readonly size: number },
): Graph {
  checkSize(size);
  const builder = new GraphBuilder();
  const images = builder.input("images", ["batch", size, size, 3], "uint8");
  const [black, white] = weights.inputRange;
  const values = new Map([[INPUT_LAYER, builder.scale(images, (white - black) / 255, black)]]);
  const needed = new Set(Object.values(taps).flatMap(({ layer }) => layersUpTo(layer)));
  addLayers(
    builder,
    TRUNK_LAYERS.filter((layer) => needed.has(layer)),
    weights,
    values,
  );
  for (const [name, { layer, pool }] of Object.entries(taps)) {
    const features = values.get(layer);
    if (features === undefined) throw new TypeError(`layersUpTo(${layer}) does not end in it`);
    builder.output(name, pool === "avg" ? builder.globalAveragePool(features) : features);
  }
  return foldAndFuse(builder.build());
}

/** {@link tappedTrunk} up to one layer, with the output `features`. */
export function trunkGraph(weights: TrunkWeights, { cut, size, pool }: TrunkOptions): Graph {
  return tappedTrunk(weights, { taps: { features: { layer: cut, pool } }, size });
}

/**
 * Adds the layers of a tail on top of its base's output [batch, height, width, channels]. What trains becomes parameters
 * under the tensors' names; batch norms stay in inference mode, their mean and variance constants.
 * @returns the cut layer's output.
 * @throws CoreError `weights-mismatch` when the weights lack one of its tensors.
 */
export function addTail(
  builder: GraphBuilder,
  base: ValueId,
  tail: Tail,
  weights: Pick<TrunkWeights, "tensors">,
): ValueId {
  const values = new Map([[tail.base, base]]);
  addLayers(builder, tail.layers, weights, values, tail.trainable);
  const last = values.get(tail.layers.at(-1)?.name ?? "");
  if (last === undefined) throw new TypeError("a tail has at least one layer");
  return last;
}
