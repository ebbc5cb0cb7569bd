import type { ConstantNode, Graph, Node } from "../graph/graph.ts";
import { type PairSite, rewritePairs } from "../graph/passes/rewrite-pairs.ts";

const constantOf = (node: Node | undefined): ConstantNode | undefined =>
  node?.kind === "constant" ? node : undefined;

/** Sum of a kernel's weights for each output channel, in float64. */
function channelSums({ data, shape }: ConstantNode): Float64Array {
  const sums = new Float64Array(shape.at(-1) ?? 1);
  for (const [i, x] of data.entries()) sums[i % sums.length] = (sums[i % sums.length] ?? 0) + x;
  return sums;
}

/** The convolution on unscaled pixels, or undefined where the scale has to stay: zeros around a shifted image are not 0. */
function onPixels({ builder, renewed, node, before: scale }: PairSite, graph: Graph) {
  const [kernel, bias] = [graph.nodes[node.inputs[1] ?? -1], graph.nodes[node.inputs[2] ?? -1]].map(
    constantOf,
  );
  const [pixels] = scale.inputs;
  if (node.op.op !== "conv2d" || scale.op.op !== "scale" || !kernel || pixels === undefined) return undefined;
  if (node.inputs.length > 2 && !bias) return undefined;
  const { multiply, add } = scale.op;
  if (add !== 0 && node.op.padding !== "valid") return undefined;
  const sums = channelSums(kernel);
  const offsets = Float32Array.from(sums, (sum, c) => (bias?.data[c] ?? 0) + add * sum);
  return builder.op(node.op, [
    builder.scale(renewed(pixels), 1, 0),
    builder.constant(
      `${kernel.name}/of-pixels`,
      kernel.shape,
      kernel.data.map((x) => x * multiply),
    ),
    builder.constant(`${kernel.name}/of-pixels/bias`, [sums.length], offsets),
  ]);
}

/**
 * Moves the scaling of 8-bit pixels into the convolution that reads it: conv(x · m + a, k) = conv(x, k · m) + a · Σk.
 * Pixels then are the whole numbers they came as, exactly; on [−1, 1] each would lie half way between two steps.
 */
export const foldInputScale = (graph: Graph): Graph =>
  rewritePairs(graph, (site) =>
    graph.nodes[site.before.inputs[0] ?? -1]?.dtype === "uint8" ? onPixels(site, graph) : undefined,
  );
