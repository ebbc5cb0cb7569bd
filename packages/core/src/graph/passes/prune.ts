import type { Graph, ValueId } from "../graph.ts";
import { rewriteGraph } from "./rewrite.ts";

/** The graph without what neither an output nor an update needs, inputs and parameters included. */
export function prune(graph: Graph): Graph {
  const live = new Set<ValueId>(Object.values(graph.outputs));
  for (const update of graph.updates) live.add(update.parameter).add(update.value);
  for (let id = graph.nodes.length - 1; id >= 0; id--) {
    const node = graph.nodes[id];
    if (node?.kind === "op" && live.has(id)) for (const input of node.inputs) live.add(input);
  }
  return rewriteGraph(
    graph,
    () => undefined,
    (id) => live.has(id),
  );
}
