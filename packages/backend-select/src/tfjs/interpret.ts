import { CoreError, type Graph, type Node, shapeText, type ValueId } from "@graft/core";
import * as tf from "@tensorflow/tfjs-core";
import type { TfjsDevice } from "./device.ts";
import { evaluate } from "./kernels/evaluate.ts";
import type { Schedule } from "./schedule.ts";

/** Gives the tensor of an input, constant or parameter when its turn comes; the interpreter disposes of it. */
export type LeafTensor = (node: Exclude<Node, { kind: "op" }>) => tf.Tensor;

/** The caller disposes of both maps' tensors; no two are one object, though they may share their numbers. */
export interface Interpreted {
  /** By output name. */
  readonly outputs: ReadonlyMap<string, tf.Tensor>;
  /** By parameter name. */
  readonly updates: ReadonlyMap<string, tf.Tensor>;
}

function compute(node: Node, values: ReadonlyMap<ValueId, tf.Tensor>, device: TfjsDevice, leaf: LeafTensor) {
  if (node.kind !== "op") return leaf(node);
  const inputs = node.inputs.map((id) => {
    const value = values.get(id);
    if (!value) throw new TypeError(`value ${id} was freed before ${node.op.op} read it`);
    return value;
  });
  return tf.tidy(() => evaluate(node.op, inputs, device.traits));
}

/** The engine's error with the op or value it came up at. */
function engineError(node: Node, graph: Graph, device: TfjsDevice, cause: unknown): CoreError {
  const shapes = node.kind === "op" ? node.inputs.map((id) => shapeText(graph.nodes[id]?.shape ?? [])) : [];
  const where = node.kind === "op" ? `The op ${node.op.op}` : `The ${node.kind} ${node.name}`;
  const received = [shapes.join(", "), cause instanceof Error ? cause.message : String(cause)];
  return new CoreError(
    "backend",
    { what: `${where} failed on ${device.id}.`, received: received.filter((part) => part !== "").join(": ") },
    { cause },
  );
}

/**
 * Runs a graph op by op on the active engine. Every value is freed as soon as its last reader ran, so the peak is what
 * the schedule needs at its widest point, not the whole graph. Synchronous: called inside `withEngine`.
 * @throws CoreError `backend` with the op that failed; then nothing is left behind.
 */
export function interpret(
  graph: Graph,
  { order, freed }: Schedule,
  device: TfjsDevice,
  leaf: LeafTensor,
): Interpreted {
  const values = new Map<ValueId, tf.Tensor>();
  const nodeOf = (id: ValueId): Node => {
    const node = graph.nodes[id];
    if (!node) throw new TypeError(`no node ${id}`);
    return node;
  };
  const taken = (id: ValueId): tf.Tensor => {
    const value = values.get(id);
    if (!value) throw new TypeError(`value ${id} was freed too early`);
    return tf.clone(value);
  };
  try {
    order.forEach((id, position) => {
      const node = nodeOf(id);
      try {
        values.set(id, compute(node, values, device, leaf));
      } catch (cause) {
        throw cause instanceof CoreError ? cause : engineError(node, graph, device, cause);
      }
      for (const dead of freed[position] ?? []) {
        values.get(dead)?.dispose();
        values.delete(dead);
      }
    });
    const outputs = new Map(Object.entries(graph.outputs).map(([name, id]) => [name, taken(id)]));
    const updates = new Map(
      graph.updates.flatMap(({ parameter, value }): [string, tf.Tensor][] => {
        const node = nodeOf(parameter);
        return node.kind === "parameter" ? [[node.name, taken(value)]] : [];
      }),
    );
    return { outputs, updates };
  } finally {
    for (const value of values.values()) value.dispose();
  }
}
