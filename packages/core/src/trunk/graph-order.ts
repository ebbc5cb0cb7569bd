import { INPUT_LAYER, TRUNK_LAYERS } from "./table.ts";

/** One layer as Keras has it: a conv-bn-relu of the table is three. */
interface KerasNode {
  readonly name: string;
  readonly inputs: readonly string[];
}

/** The Keras layer that gives a table layer's output. */
function outputName(name: string): string {
  const layer = TRUNK_LAYERS.find((one) => one.name === name);
  return layer?.kind === "conv-bn-relu" ? layer.activation : name;
}

function kerasNodes(): readonly KerasNode[] {
  return TRUNK_LAYERS.flatMap((layer) => {
    const inputs = layer.inputs.map(outputName);
    if (layer.kind !== "conv-bn-relu") return [{ name: layer.name, inputs }];
    return [
      { name: layer.name, inputs },
      { name: layer.batchNorm, inputs: [layer.name] },
      { name: layer.activation, inputs: [layer.batchNorm] },
    ];
  });
}

/**
 * Keras sorts a functional model's layers by their depth, the longest way to the output, the input first; among equals
 * the one that was made first (keras/src/ops/function.py, `map_graph`).
 */
function graphOrder(): readonly string[] {
  const nodes = kerasNodes();
  const depths = new Map<string, number>();
  for (const { name, inputs } of nodes.toReversed()) {
    const depth = depths.get(name) ?? 0;
    depths.set(name, depth);
    for (const input of inputs) depths.set(input, Math.max(depths.get(input) ?? 0, depth + 1));
  }
  const depthOf = ({ name }: KerasNode): number => depths.get(name) ?? 0;
  return nodes.toSorted((a, b) => depthOf(b) - depthOf(a)).map(({ name }) => name);
}

/**
 * Names of the trunk's layers in the order of Keras's `model.layers` (its input left out), which is also that of the
 * public file: what a loop over the layers that sets `trainable` from one of them on goes through.
 */
export const LAYER_ORDER: readonly string[] = graphOrder();

/**
 * Numbers of the convolutions (and, equal, of the batch norms) in that order: what the k-th convolution is called in files
 * that count layers so.
 */
export const GRAPH_ORDER: readonly number[] = LAYER_ORDER.flatMap((name) => {
  const number = /^conv2d_(\d+)$/.exec(name)?.[1];
  return number === undefined ? [] : [Number(number)];
});

/** True for a layer's name that the public file has, and for the input's. */
export function isLayerName(name: string): boolean {
  return name === INPUT_LAYER || LAYER_ORDER.includes(name);
}
