import { CoreError } from "../errors.ts";
import { type Graph, type OpNode, QUANTIZED_RANGES, type ValueId } from "../graph/graph.ts";
import { prune } from "../graph/passes/prune.ts";
import { type RewriteSite, rewriteGraph } from "../graph/passes/rewrite.ts";
import { integerForm } from "./integer-form.ts";
import { kernelScales } from "./kernel-scales.ts";
import { isQuantizable, quantizedValues } from "./quantized-values.ts";
import type { Calibration, ValueRange } from "./types.ts";

/** How a group's numbers are written as whole ones. */
interface Grid {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** 0 is one of the whole numbers exactly: 'same' padding and relu's zeros are free of error. */
function gridOf({ low, high }: ValueRange): Grid {
  const [first, last] = QUANTIZED_RANGES.uint8;
  const [bottom, top] = [Math.min(0, low), Math.max(0, high)];
  const scale = Math.fround((top - bottom) / (last - first)) || 1;
  return { scale, zeroPoint: Math.min(last, Math.max(first, Math.round(-bottom / scale))) };
}

function quantizedConvolution(
  { builder, renewed }: RewriteSite,
  graph: Graph,
  node: OpNode,
  input: Grid,
): ValueId {
  const [x = -1, kernelId = -1, biasId] = node.inputs;
  const kernel = graph.nodes[kernelId];
  if (kernel?.kind !== "constant") throw new TypeError("a quantised convolution has a frozen kernel");
  const scales = kernelScales(kernel);
  const weights = builder.op({ op: "fake-quantize", type: "int8", scales, zeroPoint: 0 }, [
    renewed(kernelId),
  ]);
  const inputs = [renewed(x), weights];
  if (biasId !== undefined) {
    const products = scales.map((scale) => Math.fround(scale * input.scale));
    const bias = { op: "fake-quantize", type: "int32", scales: products, zeroPoint: 0 } as const;
    inputs.push(builder.op(bias, [renewed(biasId)]));
  }
  return builder.op(node.op, inputs);
}

/**
 * The graph with its frozen convolutions on whole numbers of 8 bits: activations uint8, one scale for each group of
 * values; weights int8, one scale for each output channel; biases int32. Written as `fake-quantize` around the same ops,
 * so that every engine can run it and one that knows integer convolutions makes them of it.
 *
 * @throws CoreError `bad-input` for the calibration of another graph.
 */
export function quantizeGraph(original: Graph, { ranges }: Calibration): Graph {
  const graph = integerForm(original);
  const groups = quantizedValues(graph);
  if (groups.length !== ranges.length) {
    throw new CoreError("bad-input", {
      what: "The calibration belongs to another graph.",
      received: `${ranges.length} ranges`,
      expected: `${groups.length}, one for each group of values`,
    });
  }
  const grids = new Map<ValueId, Grid>();
  for (const [i, group] of groups.entries()) {
    const range = ranges[i];
    if (range) for (const id of group) grids.set(id, gridOf(range));
  }
  const quantized = rewriteGraph(graph, (site) => {
    const { node, id, builder, renewed } = site;
    const grid = grids.get(id);
    if (!grid || node.kind !== "op") return undefined;
    const [x = -1] = node.inputs;
    const input = grids.get(x);
    const exact =
      isQuantizable(graph, node) && input
        ? quantizedConvolution(site, graph, node, input)
        : builder.op(node.op, node.inputs.map(renewed));
    return builder.op(
      { op: "fake-quantize", type: "uint8", scales: [grid.scale], zeroPoint: grid.zeroPoint },
      [exact],
    );
  });
  return prune(quantized);
}
