import type { Graph } from "../graph/graph.ts";
import { foldInputScale } from "./fold-input-scale.ts";
import { poolAfterConvolution } from "./pool-after-convolution.ts";

/** The same function, arranged so that whole numbers lose the least and take the least time: what int8 starts from. */
export const integerForm = (graph: Graph): Graph => poolAfterConvolution(foldInputScale(graph));
