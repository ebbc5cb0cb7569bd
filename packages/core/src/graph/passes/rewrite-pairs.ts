import type { Graph, OpNode, ValueId } from "../graph.ts";
import { prune } from "./prune.ts";
import { countUses, type RewriteSite, rewriteGraph } from "./rewrite.ts";

/** Two ops, of which the second alone reads the first. */
export interface PairSite extends RewriteSite {
  readonly node: OpNode;
  /** Makes the node's first input. */
  readonly before: OpNode;
}

/**
 * Rewrites pairs of ops as one, or in another order; nothing else is lost with the first of them.
 * @param replace gives what stands for the pair's result, or undefined for a pair that stays.
 */
export function rewritePairs(graph: Graph, replace: (site: PairSite) => ValueId | undefined): Graph {
  const uses = countUses(graph);
  const rewritten = rewriteGraph(graph, (site) => {
    const { node } = site;
    if (node.kind !== "op") return undefined;
    const [first = -1] = node.inputs;
    const before = graph.nodes[first];
    return before?.kind === "op" && uses[first] === 1 ? replace({ ...site, node, before }) : undefined;
  });
  return prune(rewritten);
}
