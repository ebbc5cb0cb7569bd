import type { Graph, OpNode } from "../graph/graph.ts";
import { prune } from "../graph/passes/prune.ts";
import { countUses, type RewriteSite, rewriteGraph } from "../graph/passes/rewrite.ts";

/** The convolution before the pool, or undefined where that is not the same, or no less work. */
function swapped({ builder, renewed }: RewriteSite, graph: Graph, node: OpNode, pool: OpNode) {
  const [x] = pool.inputs;
  const weights = node.inputs.slice(1);
  const kernel = graph.nodes[weights[0] ?? -1];
  if (node.op.op !== "conv2d" || pool.op.op !== "average-pool" || x === undefined) return undefined;
  if (weights.some((id) => graph.nodes[id]?.kind !== "constant")) return undefined;
  const [height, width, inputs = 0, outputs = 0] = (kernel?.shape ?? []).map(Number);
  const isPixelwise = height === 1 && width === 1 && node.op.strides.every((stride) => stride === 1);
  if (!isPixelwise || outputs >= inputs) return undefined;
  const sums = builder.op({ ...node.op, activation: "none" }, [renewed(x), ...weights.map(renewed)]);
  const pooled = builder.op(pool.op, [sums]);
  return node.op.activation === "relu" ? builder.unary("relu", pooled) : pooled;
}

/**
 * Moves an average pool behind the 1 × 1 convolution that alone reads it, before its activation: both are linear, one over
 * pixels and one over channels, and a mean leaves a bias as it is. The pool then has a quarter of the channels.
 *
 * For whole numbers, where ONNX Runtime's pool takes a fifth of the trunk's time; in float32 it is 1 %.
 */
export function poolAfterConvolution(graph: Graph): Graph {
  const uses = countUses(graph);
  const moved = rewriteGraph(graph, (site) => {
    const { node } = site;
    if (node.kind !== "op") return undefined;
    const [x = -1] = node.inputs;
    const pool = graph.nodes[x];
    return pool?.kind === "op" && uses[x] === 1 ? swapped(site, graph, node, pool) : undefined;
  });
  return prune(moved);
}
