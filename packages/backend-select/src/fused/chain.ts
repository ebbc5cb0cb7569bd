import type { Graph, Node, OpNode, ValueId } from "@graft/core";

/** Where a step's operand comes from. */
export type ChainValue =
  | { readonly kind: "gradient" }
  | { readonly kind: "parameter" | "scalar" | "step"; readonly index: number };

export interface ChainStep {
  readonly op: "add" | "subtract" | "multiply" | "divide" | "sqrt";
  readonly operands: readonly ChainValue[];
}

/** A number that is the same for all elements of a run. */
export type ScalarSource = { readonly constant: number } | { readonly input: string };

/** An update rule as straight-line arithmetic on one element of the weight, its slots and its gradient. */
export interface Chain {
  readonly values: readonly ChainStep[];
  readonly updates: readonly { readonly parameter: number; readonly value: ChainValue }[];
  readonly numParameters: number;
  readonly numScalars: number;
}

/** Thrown inside the matcher: this update goes through the engine. */
export class NoMatch extends Error {
  override name = "NoMatch";
}

/** The scalar [] that a node is, when its value is known before a run. */
export function scalarSource(node: Node | undefined): ScalarSource | undefined {
  if (node?.shape.length !== 0) return undefined;
  if (node.kind === "constant") return { constant: node.data[0] ?? Number.NaN };
  return node.kind === "input" ? { input: node.name } : undefined;
}

/** Follows the updates of one weight and its slots back to parameters, scalars and one gradient. */
export class ChainBuilder {
  readonly #graph: Graph;
  readonly #made = new Map<ValueId, ChainValue>();
  readonly #values: ChainStep[] = [];
  readonly #updates: { parameter: number; value: ChainValue }[] = [];
  readonly #scalarKeys: string[] = [];
  /** Nodes of the parameters, in the order of their indices. */
  readonly parameters: ValueId[] = [];
  readonly scalars: ScalarSource[] = [];
  /** Op nodes that the chain stands for. */
  readonly ops = new Set<ValueId>();
  /** The matmul that is the gradient. */
  gradient: ValueId | undefined;

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  /** @throws NoMatch */
  update(parameter: ValueId, value: ValueId): void {
    const target = this.#parameter(parameter);
    this.#updates.push({ parameter: target, value: this.#value(value) });
  }

  build(): Chain {
    return {
      values: this.#values,
      updates: this.#updates,
      numParameters: this.parameters.length,
      numScalars: this.scalars.length,
    };
  }

  #parameter(id: ValueId): number {
    const known = this.parameters.indexOf(id);
    return known >= 0 ? known : this.parameters.push(id) - 1;
  }

  #scalar(source: ScalarSource): ChainValue {
    const key = JSON.stringify(source);
    const known = this.#scalarKeys.indexOf(key);
    if (known >= 0) return { kind: "scalar", index: known };
    this.#scalarKeys.push(key);
    return { kind: "scalar", index: this.scalars.push(source) - 1 };
  }

  #step(op: ChainStep["op"], ...operands: readonly ChainValue[]): ChainValue {
    return { kind: "step", index: this.#values.push({ op, operands }) - 1 };
  }

  #value(id: ValueId): ChainValue {
    const known = this.#made.get(id);
    if (known) return known;
    const value = this.#make(id);
    this.#made.set(id, value);
    return value;
  }

  #make(id: ValueId): ChainValue {
    const node = this.#graph.nodes[id];
    const scalar = scalarSource(node);
    if (scalar) return this.#scalar(scalar);
    if (node?.kind === "parameter") return { kind: "parameter", index: this.#parameter(id) };
    if (node?.kind !== "op") throw new NoMatch();
    this.ops.add(id);
    return node.op.op === "matmul" ? this.#gradientOf(id, node) : this.#arithmetic(node);
  }

  #gradientOf(id: ValueId, { op }: OpNode): ChainValue {
    if (this.gradient !== undefined || op.op !== "matmul" || !op.transposeA || op.transposeB)
      throw new NoMatch();
    this.gradient = id;
    return { kind: "gradient" };
  }

  #arithmetic({ op, inputs }: OpNode): ChainValue {
    const [first, second] = inputs.map((input) => this.#value(input));
    if (!first) throw new NoMatch();
    switch (op.op) {
      case "scale": {
        const scaled =
          op.multiply === 1 ? first : this.#step("multiply", first, this.#scalar({ constant: op.multiply }));
        return op.add === 0 ? scaled : this.#step("add", scaled, this.#scalar({ constant: op.add }));
      }
      case "square":
        return this.#step("multiply", first, first);
      case "sqrt":
        return this.#step("sqrt", first);
      case "add":
      case "subtract":
      case "multiply":
      case "divide":
        if (!second) throw new NoMatch();
        return this.#step(op.op, first, second);
      default:
        throw new NoMatch();
    }
  }
}
