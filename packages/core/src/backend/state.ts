import { CoreError } from "../errors.ts";
import { type Graph, numElements, type ParameterNode, parametersOf } from "../graph/graph.ts";
import { shapeText } from "../graph/infer-shape.ts";
import type { State } from "./backend.ts";

/** A weight or slot as people think of it: whole, whatever blocks the graph keeps it in. */
export interface LogicalParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: ParameterNode["role"];
  /** The graph's parameters that hold it, in row order; one when it is not cut. */
  readonly parts: readonly ParameterNode[];
}

/** The parameters of a graph with blocks joined, in the order of their first part. */
export function logicalParameters(graph: Graph): readonly LogicalParameter[] {
  const parts = new Map<string, ParameterNode[]>();
  for (const node of parametersOf(graph)) {
    const name = node.block?.of ?? node.name;
    parts.set(name, [...(parts.get(name) ?? []), node]);
  }
  return [...parts].map(([name, nodes]) => {
    const sorted = nodes.toSorted((a, b) => (a.block?.start ?? 0) - (b.block?.start ?? 0));
    const [first] = sorted;
    if (!first) throw new TypeError("a parameter has at least one part");
    const rows = sorted.reduce((sum, node) => sum + (node.block?.rows ?? 0), 0);
    const shape = first.block ? [rows, ...first.shape.slice(1)] : first.shape;
    return { name, shape, role: first.role, parts: sorted };
  });
}

/** What `State.read` gives: the values in the caller's array when there is one, else in a new one. */
export function copyInto(values: ArrayLike<number>, into: Float32Array | undefined): Float32Array {
  if (!into) return Float32Array.from(values);
  into.set(values);
  return into;
}

/**
 * Copies parameters out of a state, blocks joined: what checkpoints and models store.
 * @param options.role default: weights and slots.
 * @param options.into what an earlier call gave and nobody reads any more: its arrays are written again. The classic
 *   head's 308 MB take half the time in memory that is there already.
 * @returns by logical name, the caller's own.
 */
export async function readLogical(
  state: State,
  graph: Graph,
  options: {
    readonly role?: ParameterNode["role"];
    readonly into?: ReadonlyMap<string, Float32Array>;
  } = {},
): Promise<Map<string, Float32Array>> {
  const values = new Map<string, Float32Array>();
  for (const { name, shape, role, parts } of logicalParameters(graph)) {
    if (options.role !== undefined && role !== options.role) continue;
    const whole = options.into?.get(name) ?? new Float32Array(numElements(shape));
    let offset = 0;
    const pieces = parts.map((part): [string, Float32Array] => {
      const start = offset;
      offset += numElements(part.shape);
      return [part.name, whole.subarray(start, offset)];
    });
    await state.read(
      parts.map((part) => part.name),
      new Map(pieces),
    );
    values.set(name, whole);
  }
  return values;
}

/**
 * Copies parameters into a state, cut into the graph's blocks. Parameters that are not given keep their values.
 * @param values by logical name.
 * @throws CoreError `bad-input` for a name that the graph does not have or a wrong length; nothing is written then.
 */
export async function writeLogical(
  state: State,
  graph: Graph,
  values: ReadonlyMap<string, Float32Array>,
): Promise<void> {
  const known = new Map(logicalParameters(graph).map((parameter) => [parameter.name, parameter]));
  const pieces = new Map<string, Float32Array>();
  for (const [name, value] of values) {
    const parameter = known.get(name);
    if (!parameter) {
      throw new CoreError("bad-input", {
        what: "The graph has no such parameter.",
        received: name,
        expected: `one of ${[...known.keys()].join(", ")}`,
      });
    }
    if (value.length !== numElements(parameter.shape)) {
      throw new CoreError("bad-input", {
        what: `The parameter ${name} has the wrong length.`,
        received: `${value.length} numbers`,
        expected: `${numElements(parameter.shape)} for ${shapeText(parameter.shape)}`,
      });
    }
    let offset = 0;
    for (const part of parameter.parts) {
      const length = numElements(part.shape);
      pieces.set(part.name, value.subarray(offset, offset + length));
      offset += length;
    }
  }
  await state.write(pieces);
}
