import { type Graph, type Node, numElements, type ValueId } from "@graft/core";
import { type Chain, ChainBuilder, NoMatch, type ScalarSource, scalarSource } from "./chain.ts";

/** Columns [offset, offset + rows of the weight) of an input seen as [batch, width]. */
export interface Columns {
  readonly input: string;
  readonly width: number;
  readonly offset: number;
}

/** input columns [batch, rows] · weight [rows, columns]: the value of `node`. */
interface FusedForward {
  readonly node: ValueId;
  readonly weight: string;
  readonly rows: number;
  readonly columns: number;
  readonly x: Columns;
}

/** The update of a weight and its slots by the gradient (factors · x)ᵀ · dz. */
interface FusedUpdate {
  readonly rows: number;
  readonly columns: number;
  readonly x: Columns;
  readonly factors: readonly ScalarSource[];
  /** [batch, columns] */
  readonly dz: ValueId;
  readonly chain: Chain;
  /** By the chain's indices. */
  readonly parameters: readonly string[];
  readonly scalars: readonly ScalarSource[];
}

export interface FusedWork {
  readonly forwards: readonly FusedForward[];
  readonly updates: readonly FusedUpdate[];
  /** Parameters that the engine never sees, with their shapes. */
  readonly parameters: ReadonlyMap<string, readonly number[]>;
}

interface Operand {
  readonly x: Columns;
  readonly factors: readonly ScalarSource[];
}

/** The input columns that a value is, times scalars; undefined when it is anything else. */
function operandOf(graph: Graph, id: ValueId): Operand | undefined {
  const node = graph.nodes[id];
  if (node?.kind === "input") {
    const isRows = node.dtype === "float32" && node.shape[0] === "batch";
    return isRows
      ? { x: { input: node.name, width: numElements(node.shape), offset: 0 }, factors: [] }
      : undefined;
  }
  if (node?.kind !== "op") return undefined;
  const [first = -1, second = -1] = node.inputs;
  const before = operandOf(graph, first);
  if (!before) return undefined;
  switch (node.op.op) {
    case "reshape":
      return before;
    case "slice-last": {
      if (graph.nodes[first]?.shape.length !== 2) return undefined;
      return { ...before, x: { ...before.x, offset: before.x.offset + node.op.start } };
    }
    case "scale":
      return node.op.add === 0
        ? { ...before, factors: [...before.factors, { constant: node.op.multiply }] }
        : undefined;
    case "multiply": {
      const scalar = scalarSource(graph.nodes[second]);
      return scalar && { ...before, factors: [...before.factors, scalar] };
    }
    default:
      return undefined;
  }
}

type Readers = readonly (readonly ValueId[])[];

function readersOf(graph: Graph): Readers {
  const readers: ValueId[][] = graph.nodes.map(() => []);
  graph.nodes.forEach((node, id) => {
    if (node.kind === "op") for (const input of node.inputs) readers[input]?.push(id);
  });
  return readers;
}

function forwardOf(graph: Graph, id: ValueId, weight: ValueId): FusedForward | undefined {
  const [node, parameter] = [graph.nodes[id], graph.nodes[weight]];
  if (node?.kind !== "op" || node.op.op !== "matmul" || parameter?.kind !== "parameter") return undefined;
  const [x = -1, w] = node.inputs;
  if (node.op.transposeA || node.op.transposeB || w !== weight || x === weight) return undefined;
  const operand = operandOf(graph, x);
  const [rows = 0, columns = 0] = parameter.shape;
  if (!operand || operand.factors.length > 0) return undefined;
  return { node: id, weight: parameter.name, rows, columns, x: operand.x };
}

/** The whole update rule around one weight. @throws NoMatch */
function updateOf(graph: Graph, weight: ValueId): { made: FusedUpdate; builder: ChainBuilder } {
  const nextValue = new Map(graph.updates.map(({ parameter, value }) => [parameter, value]));
  const builder = new ChainBuilder(graph);
  const first = nextValue.get(weight);
  if (first === undefined) throw new NoMatch();
  builder.update(weight, first);
  // slots turn up while the updates of others are followed
  for (let i = 1; i < builder.parameters.length; i++) {
    const [parameter = -1] = builder.parameters.slice(i);
    const value = nextValue.get(parameter);
    if (value !== undefined) builder.update(parameter, value);
  }
  const matmul = graph.nodes[builder.gradient ?? -1];
  const target = graph.nodes[weight];
  if (matmul?.kind !== "op" || target?.kind !== "parameter") throw new NoMatch();
  const [x = -1, dz = -1] = matmul.inputs;
  const operand = operandOf(graph, x);
  const nodes = builder.parameters.map((id) => graph.nodes[id]);
  const [rows = 0, columns = 0] = target.shape;
  const sameShape = nodes.every(
    (node) => node?.kind === "parameter" && node.shape[0] === rows && node.shape[1] === columns,
  );
  if (!operand || !sameShape) throw new NoMatch();
  const made = {
    ...{ rows, columns, dz, ...operand },
    chain: builder.build(),
    parameters: nodes.map(nameOf),
    scalars: builder.scalars,
  };
  return { made, builder };
}

const nameOf = (node: Node | undefined): string => {
  if (node?.kind !== "parameter") throw new TypeError("a chain's parameters are parameters");
  return node.name;
};

/** All of a weight's readers are fused, and nothing else sees what happens between them. */
function matchWeight(
  graph: Graph,
  readers: Readers,
  weight: ValueId,
): { forwards: FusedForward[]; update?: FusedUpdate } | undefined {
  const isUpdated = graph.updates.some(({ parameter }) => parameter === weight);
  const found = isUpdated ? updateOf(graph, weight) : undefined;
  const inChain = (id: ValueId): boolean => found?.builder.ops.has(id) ?? false;
  const forwards: FusedForward[] = [];
  for (const reader of readers[weight] ?? []) {
    if (inChain(reader)) continue;
    const forward = forwardOf(graph, reader, weight);
    if (!forward) return undefined;
    forwards.push(forward);
  }
  const outputs = new Set(Object.values(graph.outputs));
  const slots = found?.builder.parameters.filter((id) => id !== weight) ?? [];
  const hidden = [...(found?.builder.ops ?? []), ...slots];
  const isHidden = (id: ValueId): boolean => !outputs.has(id) && (readers[id] ?? []).every(inChain);
  if (outputs.has(weight) || !hidden.every(isHidden)) return undefined;
  return { forwards, ...(found ? { update: found.made } : {}) };
}

/**
 * Finds the large dense layers on a graph's inputs, in whole or in row blocks: their products and, in a training graph,
 * their updates can be done without the engine. Whatever does not fit the pattern is left to it.
 * @param minBytes weights below this are not worth it.
 */
export function matchFused(graph: Graph, minBytes: number): FusedWork {
  const readers = readersOf(graph);
  const [forwards, updates]: [FusedForward[], FusedUpdate[]] = [[], []];
  const parameters = new Map<string, readonly number[]>();
  graph.nodes.forEach((node, id) => {
    if (node.kind !== "parameter" || node.role !== "weight" || node.shape.length !== 2) return;
    const [, columns = 0] = node.shape;
    if (columns % 4 !== 0 || numElements(node.shape) * 4 < minBytes) return;
    let match: ReturnType<typeof matchWeight>;
    try {
      match = matchWeight(graph, readers, id);
    } catch (error) {
      if (!(error instanceof NoMatch)) throw error;
    }
    if (!match || match.forwards.length === 0) return;
    forwards.push(...match.forwards);
    if (match.update) updates.push(match.update);
    for (const name of match.update?.parameters ?? [node.name]) parameters.set(name, node.shape);
  });
  return { forwards, updates, parameters };
}
