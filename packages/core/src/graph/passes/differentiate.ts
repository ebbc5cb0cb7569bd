import { CoreError } from "../../errors.ts";
import { GraphBuilder } from "../builder.ts";
import type { Graph, ValueId } from "../graph.ts";
import { shapeText } from "../infer-shape.ts";
import { type Contribution, gradientSite, inputGradients, onesLike } from "./op-gradients.ts";

export interface Differentiated {
  /** The graph with the backward pass after it; ids and outputs of the forward pass keep their meaning. */
  readonly graph: Graph;
  /** dLoss/dWeight for every weight, of the weight's shape, by parameter name. */
  readonly gradients: ReadonlyMap<string, ValueId>;
}

type Slice = Extract<Contribution, { kind: "slice" }>;

/** True when the slices cover an axis of this length once and without gaps; they come sorted. */
function tile(slices: readonly Slice[], length: number): boolean {
  let end = 0;
  for (const { start, size } of slices) {
    if (start !== end) return false;
    end += size;
  }
  return end === length;
}

/** Slices of one value's gradient as whole tensors: joined when they tile the last axis, else padded with zeros. */
function joinSlices(builder: GraphBuilder, of: ValueId, slices: readonly Slice[]): ValueId[] {
  if (slices.length === 0) return [];
  const length = builder.shapeOf(of).at(-1);
  if (typeof length !== "number") throw new TypeError("a slice has a last axis of fixed length");
  const sorted = slices.toSorted((a, b) => a.start - b.start);
  if (tile(sorted, length)) {
    return sorted.length === 1 ? sorted.map(({ id }) => id) : [builder.concat(sorted.map(({ id }) => id))];
  }
  return sorted.map(({ id, start, size }) =>
    builder.op({ op: "pad-last", before: start, after: length - start - size }, [id]),
  );
}

/** The sum of all that later ops contribute to the gradient of a value. */
function total(builder: GraphBuilder, of: ValueId, parts: readonly Contribution[]): ValueId | "ones" {
  if (parts.length === 1 && parts[0]?.kind === "ones") return "ones";
  const slices = parts.filter((part) => part.kind === "slice");
  const whole = parts
    .filter((part) => part.kind !== "slice")
    .map((part) => (part.kind === "ones" ? onesLike(builder, of) : part.id));
  const terms = [...whole, ...joinSlices(builder, of, slices)];
  const [only] = terms;
  return terms.length === 1 && only !== undefined ? only : builder.addN(terms);
}

/** The values that some weight leads to. */
function trainableValues(graph: Graph): ReadonlySet<ValueId> {
  const found = new Set<ValueId>();
  graph.nodes.forEach((node, id) => {
    const isWeight = node.kind === "parameter" && node.role === "weight";
    if (isWeight || (node.kind === "op" && node.inputs.some((input) => found.has(input)))) found.add(id);
  });
  return found;
}

function lossOf(graph: Graph, name: string): ValueId {
  const loss = graph.outputs[name];
  if (loss === undefined) {
    throw new CoreError("bad-input", {
      what: "The graph has no such loss.",
      received: name,
      expected: `one of the outputs ${Object.keys(graph.outputs).join(", ")}`,
    });
  }
  const shape = graph.nodes[loss]?.shape ?? [];
  if (shape.length > 0) {
    throw new CoreError("bad-input", {
      what: `The loss ${name} is not a single number.`,
      received: shapeText(shape),
      expected: "[]",
    });
  }
  return loss;
}

/**
 * Appends the backward pass of a scalar loss: reverse mode, from the loss back to every weight.
 *
 * Nothing is made for inputs, constants and slots, nor for any value that no weight leads to.
 *
 * @param lossOutput name of the output to differentiate, of shape [].
 * @throws CoreError `bad-input` when the loss is unknown or not a scalar, when there is no weight or one of them does not
 *   lead to the loss; `unsupported` when an op on the way has no gradient.
 */
export function differentiate(graph: Graph, lossOutput: string): Differentiated {
  const loss = lossOf(graph, lossOutput);
  const builder = new GraphBuilder(graph);
  const trainable = trainableValues(graph);
  const contributions = new Map<ValueId, Contribution[]>();
  if (trainable.has(loss)) contributions.set(loss, [{ kind: "ones" }]);
  const gradients = new Map<string, ValueId>();
  for (let id = loss; id >= 0; id--) {
    const node = graph.nodes[id];
    const parts = contributions.get(id);
    if (!node || !parts) continue;
    const gradient = total(builder, id, parts);
    if (node.kind === "parameter")
      gradients.set(node.name, gradient === "ones" ? onesLike(builder, id) : gradient);
    if (node.kind !== "op") continue;
    const makers = inputGradients(gradientSite(builder, { node, y: id, gradient }));
    node.inputs.forEach((input, index) => {
      const make = makers[index];
      if (!make || !trainable.has(input)) return;
      contributions.set(input, [...(contributions.get(input) ?? []), make()]);
    });
  }
  checkPaths(graph, lossOutput, gradients);
  return { graph: builder.build(), gradients };
}

function checkPaths(graph: Graph, loss: string, gradients: ReadonlyMap<string, ValueId>): void {
  const weights = graph.nodes.flatMap((node) =>
    node.kind === "parameter" && node.role === "weight" ? [node.name] : [],
  );
  const lost = weights.filter((name) => !gradients.has(name));
  if (weights.length > 0 && lost.length === 0) return;
  throw new CoreError("bad-input", {
    what: `No path leads from ${weights.length === 0 ? "any weight" : lost.join(", ")} to the loss ${loss}.`,
    fix: "Make it part of the loss, or remove it with prune.",
  });
}
