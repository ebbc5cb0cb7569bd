import type { Graph, Node, ValueId } from "../graph/graph.ts";
import { evaluateOp } from "./evaluate-op.ts";
import type { Tensor64 } from "./tensor.ts";

/** What a run of the reference takes and gives, all in float64 and by name. */
export interface Evaluation {
  readonly outputs: ReadonlyMap<string, Float64Array>;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** New values of the parameters that have an update. */
  readonly updated: ReadonlyMap<string, Float64Array>;
}

export interface EvaluationInputs {
  readonly batch: number;
  readonly inputs: ReadonlyMap<string, ArrayLike<number>>;
  readonly parameters: ReadonlyMap<string, Float64Array>;
}

/** For each value the last node that reads it; values that leave the graph live to the end. */
function lastUses(graph: Graph): readonly number[] {
  const last = graph.nodes.map((_, id) => id);
  graph.nodes.forEach((node, id) => {
    if (node.kind === "op") for (const input of node.inputs) last[input] = id;
  });
  const leaving = [...Object.values(graph.outputs), ...graph.updates.map((update) => update.value)];
  for (const id of leaving) last[id] = graph.nodes.length;
  return last;
}

/** Runs a graph in float64, without rounding anything to float32: the base of finite differences and of comparisons. */
export function evaluateGraph(graph: Graph, { batch, inputs, parameters }: EvaluationInputs): Evaluation {
  const values = new Map<ValueId, Tensor64>();
  const computed = (id: ValueId): Tensor64 => {
    const value = values.get(id);
    if (!value) throw new TypeError(`the value ${id} is read before it is made`);
    return value;
  };
  const evaluate = (node: Node): Tensor64 => {
    const shape = node.shape.map((dim) => (dim === "batch" ? batch : dim));
    if (node.kind === "op") return evaluateOp(node.op, node.inputs.map(computed), shape);
    if (node.kind === "constant") return { shape, data: Float64Array.from(node.data) };
    const fed = (node.kind === "input" ? inputs : parameters).get(node.name);
    if (!fed) throw new TypeError(`no value for the ${node.kind} ${node.name}`);
    return { shape, data: Float64Array.from(fed) };
  };
  const last = lastUses(graph);
  graph.nodes.forEach((node, id) => {
    values.set(id, evaluate(node));
    const read = node.kind === "op" ? node.inputs : [];
    for (const used of [...read, id]) if (last[used] === id) values.delete(used);
  });
  const outputs = Object.entries(graph.outputs);
  return {
    outputs: new Map(outputs.map(([name, id]) => [name, computed(id).data])),
    shapes: new Map(outputs.map(([name, id]) => [name, computed(id).shape])),
    updated: new Map(
      graph.updates.map(({ parameter, value }) => {
        const node = graph.nodes[parameter];
        if (node?.kind !== "parameter")
          throw new TypeError(`update of the value ${parameter}, which is no parameter`);
        return [node.name, computed(value).data];
      }),
    ),
  };
}
