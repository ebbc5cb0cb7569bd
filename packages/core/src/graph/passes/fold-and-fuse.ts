import type { Graph } from "../graph.ts";
import { foldBatchNorm } from "./fold-batch-norm.ts";
import { fuseActivations } from "./fuse-activations.ts";

/** What every graph with layers of the trunk goes through first: batch norms into convolutions, relus into those. */
export const foldAndFuse = (graph: Graph): Graph => fuseActivations(foldBatchNorm(graph));
