import { CoreError } from "../errors.ts";
import { GraphBuilder } from "../graph/builder.ts";
import type { Graph, ValueId } from "../graph/graph.ts";
import { windowedLength } from "../graph/infer-shape.ts";
import { foldBatchNorm } from "../graph/passes/fold-batch-norm.ts";
import { fuseActivations } from "../graph/passes/fuse-activations.ts";
import { prune } from "../graph/passes/prune.ts";
import type { CutLayer } from "../train/config.ts";
import type { TrunkLayer } from "./layer.ts";
import { BATCH_NORM_EPSILON, checkCut, INPUT_LAYER, layersUpTo, MIN_SIZE } from "./table.ts";
import type { TrunkWeights } from "./types.ts";

/** How much of the trunk runs, on what. */
export interface TrunkOptions {
  /** Last layer kept. */
  readonly cut: CutLayer;
  /** Side of the square images in pixels, at least 75. */
  readonly size: number;
  /** "avg": global average over height and width. */
  readonly pool: "none" | "avg";
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
 * @returns [height, width, channels]: mixed7 at 150 pixels gives [7, 7, 768].
 * @throws CoreError `bad-input` for a size under 75 or an unknown cut layer.
 */
export function featureShape(cut: CutLayer, size: number): readonly [number, number, number] {
  checkCut(cut);
  checkSize(size);
  const sides = new Map([[INPUT_LAYER, size]]);
  for (const layer of layersUpTo(cut)) {
    const side = sides.get(layer.inputs[0] ?? INPUT_LAYER) ?? 0;
    // all branches of a block end in one side, so a concatenation's first input stands for them
    const next =
      layer.kind === "concat" ? side : windowedLength(side, layer.kernel[0], layer.strides[0], layer.padding);
    sides.set(layer.name, next);
    if (layer.name === cut) return [next, next, layer.channels];
  }
  throw new TypeError(`layersUpTo(${cut}) does not end in it`);
}

/** Adds layers to a graph whose values (the input's among them) are known by layer name. */
function addLayers(
  builder: GraphBuilder,
  layers: readonly TrunkLayer[],
  weights: TrunkWeights,
  values: Map<string, ValueId>,
): void {
  const constant = (name: string): ValueId => {
    const tensor = weights.tensors.get(name);
    if (!tensor) throw new CoreError("weights-mismatch", { what: `The weights have no tensor ${name}.` });
    return builder.constant(name, tensor.shape, tensor.data);
  };
  for (const layer of layers) {
    const inputs = layer.inputs.map((name) => {
      const value = values.get(name);
      if (value === undefined) throw new TypeError(`${layer.name} comes before its input ${name}`);
      return value;
    });
    values.set(layer.name, addLayer(builder, layer, inputs, constant));
  }
}

function addLayer(
  builder: GraphBuilder,
  layer: TrunkLayer,
  inputs: readonly ValueId[],
  constant: (name: string) => ValueId,
): ValueId {
  const [x = -1] = inputs;
  switch (layer.kind) {
    case "conv-bn-relu": {
      const { strides, padding, batchNorm: norm } = layer;
      const kernel = constant(`${layer.name}/kernel`);
      const sums = builder.conv2d(x, kernel, { strides, padding, activation: "none" });
      const [beta, mean, variance] = [
        constant(`${norm}/beta`),
        constant(`${norm}/moving_mean`),
        constant(`${norm}/moving_variance`),
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
 * The trunk up to a cut as a graph with its weights inside: batch norms folded, relus fused.
 *
 * Input `images` uint8 [batch, size, size, 3], RGB; scaling to `weights.inputRange` is the graph's first op. Output
 * `features` float32 [batch, height, width, channels], or [batch, channels] with pool "avg".
 * @throws CoreError `bad-input` for a size under 75 or an unknown cut layer.
 */
export function trunkGraph(weights: TrunkWeights, { cut, size, pool }: TrunkOptions): Graph {
  checkCut(cut);
  checkSize(size);
  const builder = new GraphBuilder();
  const images = builder.input("images", ["batch", size, size, 3], "uint8");
  const [black, white] = weights.inputRange;
  const values = new Map([[INPUT_LAYER, builder.scale(images, (white - black) / 255, black)]]);
  addLayers(builder, layersUpTo(cut), weights, values);
  const features = values.get(cut);
  if (features === undefined) throw new TypeError(`layersUpTo(${cut}) does not end in it`);
  builder.output("features", pool === "avg" ? builder.globalAveragePool(features) : features);
  return prune(fuseActivations(foldBatchNorm(builder.build())));
}
