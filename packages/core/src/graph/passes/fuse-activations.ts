import type { Graph } from "../graph.ts";
import { prune } from "./prune.ts";
import { countUses, rewriteGraph } from "./rewrite.ts";

/** Moves a relu into the convolution before it, when only the relu reads that convolution. */
export function fuseActivations(graph: Graph): Graph {
  const uses = countUses(graph);
  const fused = rewriteGraph(graph, ({ node, builder, renewed }) => {
    if (node.kind !== "op" || node.op.op !== "relu") return undefined;
    const [before = -1] = node.inputs;
    const convolution = graph.nodes[before];
    if (convolution?.kind !== "op" || convolution.op.op !== "conv2d" || uses[before] !== 1) return undefined;
    return builder.op({ ...convolution.op, activation: "relu" }, convolution.inputs.map(renewed));
  });
  return prune(fused);
}
