import type { Graph, ValueId } from "@graft/core";

/** The order in which a graph is interpreted. */
export interface Schedule {
  /** Only what outputs and updates need, inputs before their readers. */
  readonly order: readonly ValueId[];
  /** By position in `order`: the values that nobody reads after this position. */
  readonly freed: readonly (readonly ValueId[])[];
}

const inputsOf = (graph: Graph, id: ValueId): readonly ValueId[] => {
  const node = graph.nodes[id];
  return node?.kind === "op" ? node.inputs : [];
};

/** `root` and all it is made from that `seen` does not have, inputs first; adds them to `seen`. */
function newAncestors(graph: Graph, root: ValueId, seen: Set<ValueId>): ValueId[] {
  const order: ValueId[] = [];
  const stack = [{ id: root, entered: false }];
  for (let top = stack.pop(); top; top = stack.pop()) {
    if (top.entered) {
      order.push(top.id);
    } else if (!seen.has(top.id)) {
      seen.add(top.id);
      stack.push({ id: top.id, entered: true });
      for (const input of [...inputsOf(graph, top.id)].reverse())
        if (!seen.has(input)) stack.push({ id: input, entered: false });
    }
  }
  return order;
}

/**
 * Orders a graph for a small peak of memory: outputs first, then always the update that needs the fewest values not
 * yet there. So a gradient is used up by its own update at once (a parameter's slots and its weight together, layers
 * from the last to the first, as the gradient flows) instead of all gradients waiting for the optimiser at the end.
 */
export function schedule(graph: Graph): Schedule {
  const seen = new Set<ValueId>();
  const order = Object.values(graph.outputs).flatMap((root) => newAncestors(graph, root, seen));
  const waiting = graph.updates.map(({ value }) => ({
    value,
    missing: new Set(newAncestors(graph, value, new Set(seen))),
  }));
  while (waiting.length > 0) {
    const next = waiting.reduce((best, update) => (update.missing.size < best.missing.size ? update : best));
    waiting.splice(waiting.indexOf(next), 1);
    const added = newAncestors(graph, next.value, seen);
    order.push(...added);
    for (const update of waiting) for (const id of added) update.missing.delete(id);
  }
  return { order, freed: freedAt(graph, order) };
}

function freedAt(graph: Graph, order: readonly ValueId[]): ValueId[][] {
  const kept = new Set([...Object.values(graph.outputs), ...graph.updates.map(({ value }) => value)]);
  const lastReader = new Map<ValueId, number>();
  order.forEach((id, position) => {
    for (const input of inputsOf(graph, id)) lastReader.set(input, position);
  });
  const freed = order.map((): ValueId[] => []);
  for (const [id, position] of lastReader) if (!kept.has(id)) freed[position]?.push(id);
  return freed;
}
