import type { Graph, Node, Op, OpNode, ValueId } from "../graph/graph.ts";

/** Values of a graph that have one scale: whole numbers pass between them unchanged. */
export type ScaleGroup = readonly ValueId[];

const isConstant = (node: Node | undefined): boolean => node?.kind === "constant";

interface Convolution extends OpNode {
  readonly op: Extract<Op, { readonly op: "conv2d" }>;
}

/** A convolution with frozen weights. */
export const isQuantizable = (graph: Graph, node: OpNode): node is Convolution =>
  node.op.op === "conv2d" && node.inputs.slice(1).every((id) => isConstant(graph.nodes[id]));

const isOp = (node: Node | undefined, op: Op["op"]): boolean => node?.kind === "op" && node.op.op === op;

/**
 * The activations that are whole numbers in a quantised graph: what goes into and comes out of convolutions with frozen
 * weights, and what pools and concatenations make of them.
 *
 * A max pool's result is in its input's group, and a concatenation in that of its inputs, so that nothing is rounded twice
 * and an engine only copies bytes there. A pooled input keeps its own: the scale of what a block takes must not hang on
 * what the block makes of it, or the features of a layer would differ with what runs above it.
 *
 * @returns groups in the order of their first value, the same for equal graphs; each in ascending order.
 */
export function quantizedValues(graph: Graph): ScaleGroup[] {
  const group = new Map<ValueId, ValueId>(); // union-find: value → an earlier one of its group
  const root = (id: ValueId): ValueId => {
    const before = group.get(id);
    return before === undefined || before === id ? id : root(before);
  };
  const join = (a: ValueId, b: ValueId): void => {
    const [first, second] = [Math.min(root(a), root(b)), Math.max(root(a), root(b))];
    group.set(second, first);
  };
  const add = (id: ValueId): void => {
    if (!group.has(id)) group.set(id, id);
  };
  graph.nodes.forEach((node, id) => {
    if (node.kind !== "op") return;
    const { op } = node.op;
    if (isQuantizable(graph, node)) {
      add(node.inputs[0] ?? id);
      add(id);
    } else if (op === "relu" && isOp(graph.nodes[node.inputs[0] ?? -1], "average-pool")) {
      // the mean is made a whole number once, by its relu: numbers that begin at 0 are one already
      if (group.delete(node.inputs[0] ?? -1)) add(id);
    } else if (op === "max-pool" || op === "average-pool" || op === "concat") {
      if (!node.inputs.every((input) => group.has(input))) return;
      add(id);
      if (op === "average-pool") return;
      for (const input of node.inputs)
        if (op === "max-pool" || !isOp(graph.nodes[input], "max-pool")) join(input, id);
    }
  });
  const groups = new Map<ValueId, ValueId[]>();
  for (const id of [...group.keys()].sort((a, b) => a - b)) {
    const first = root(id);
    groups.set(first, [...(groups.get(first) ?? []), id]);
  }
  return [...groups.values()];
}
