import type { Graph } from "../graph.ts";
import { foldBatchNorm } from "./fold-batch-norm.ts";
import { rewritePairs } from "./rewrite-pairs.ts";

/** Moves a relu into the convolution before it, when only the relu reads that convolution. */
export const fuseActivations = (graph: Graph): Graph =>
  rewritePairs(graph, ({ node, before, builder, renewed }) =>
    node.op.op === "relu" && before.op.op === "conv2d"
      ? builder.op({ ...before.op, activation: "relu" }, before.inputs.map(renewed))
      : undefined,
  );

/** What every graph with layers of the trunk goes through first: batch norms into convolutions, relus into those. */
export const foldAndFuse = (graph: Graph): Graph => fuseActivations(foldBatchNorm(graph));
