import { GraphBuilder } from "../builder.ts";
import type { Graph, Node, ValueId } from "../graph.ts";

/** What a rewrite sees of one node of the old graph. */
export interface RewriteSite {
  readonly node: Node;
  readonly id: ValueId;
  /** The new graph as far as it is made. */
  readonly builder: GraphBuilder;
  /** A value of the old graph that comes before this node → what stands for it in the new one. */
  readonly renewed: (old: ValueId) => ValueId;
}

/** Adds a node of the old graph. @param inputs of an op, in the new graph. */
function copyNode(builder: GraphBuilder, node: Node, inputs: readonly ValueId[]): ValueId {
  switch (node.kind) {
    case "input":
      return builder.input(node.name, node.shape, node.dtype);
    case "constant":
      return builder.constant(node.name, node.shape, node.data);
    case "parameter":
      return builder.parameter(node.name, node.shape, {
        role: node.role,
        ...(node.block ? { block: node.block } : {}),
      });
    case "op":
      return builder.op(node.op, inputs);
  }
}

/**
 * Makes a new graph node by node. Outputs and updates follow; what nobody reads any more stays until `prune`.
 * @param replace gives the value that takes a node's place, or undefined for a plain copy.
 * @param keeps false for a node that is left out, with all that reads it.
 */
export function rewriteGraph(
  graph: Graph,
  replace: (site: RewriteSite) => ValueId | undefined,
  keeps: (id: ValueId) => boolean = () => true,
): Graph {
  const builder = new GraphBuilder();
  const ids = new Map<ValueId, ValueId>();
  const renewed = (old: ValueId): ValueId => {
    const id = ids.get(old);
    if (id === undefined) throw new TypeError(`the value ${old} is used before it is made`);
    return id;
  };
  graph.nodes.forEach((node, id) => {
    if (!keeps(id)) return;
    const replaced = replace({ node, id, builder, renewed });
    ids.set(id, replaced ?? copyNode(builder, node, node.kind === "op" ? node.inputs.map(renewed) : []));
  });
  for (const [name, id] of Object.entries(graph.outputs)) builder.output(name, renewed(id));
  for (const update of graph.updates) builder.update(renewed(update.parameter), renewed(update.value));
  return builder.build();
}

/** For each value, how often it is read: by ops, outputs and updates. */
export function countUses(graph: Graph): readonly number[] {
  const counts = graph.nodes.map(() => 0);
  const used = [
    ...graph.nodes.flatMap((node) => (node.kind === "op" ? node.inputs : [])),
    ...Object.values(graph.outputs),
    ...graph.updates.flatMap((update) => [update.parameter, update.value]),
  ];
  for (const id of used) counts[id] = (counts[id] ?? 0) + 1;
  return counts;
}
