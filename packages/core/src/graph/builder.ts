import { CoreError } from "../errors.ts";
import type {
  DType,
  Graph,
  Node,
  Op,
  Padding,
  Pair,
  ParameterBlock,
  Shape,
  Update,
  ValueId,
} from "./graph.ts";
import { numElements } from "./graph.ts";
import { inferShape, shapeText } from "./infer-shape.ts";

/** The distributive form of Omit, so that each op keeps its own attributes. */
type WithoutName<T> = T extends Op ? Omit<T, "op"> : never;
type Attributes<Name extends Op["op"]> = WithoutName<Extract<Op, { readonly op: Name }>>;

/**
 * Makes graphs: one method for each op, shapes checked as values are made.
 * A builder may go on from an existing graph (`new GraphBuilder(graph)`): ids keep their meaning.
 */
export class GraphBuilder {
  readonly #nodes: Node[];
  readonly #outputs: Record<string, ValueId>;
  readonly #updates: Update[];
  readonly #ids = new Map<string, ValueId>();

  constructor(from?: Graph) {
    this.#nodes = [...(from?.nodes ?? [])];
    this.#outputs = { ...from?.outputs };
    this.#updates = [...(from?.updates ?? [])];
    for (const [id, node] of this.#nodes.entries()) if (node.kind !== "op") this.#ids.set(node.name, id);
  }

  /** The finished graph. */
  build(): Graph {
    return { nodes: [...this.#nodes], outputs: { ...this.#outputs }, updates: [...this.#updates] };
  }

  node(id: ValueId): Node {
    const node = this.#nodes[id];
    if (!node)
      throw new CoreError("bad-input", { what: "No such value in this graph.", received: String(id) });
    return node;
  }

  shapeOf(id: ValueId): Shape {
    return this.node(id).shape;
  }

  input(name: string, shape: Shape, dtype: DType = "float32"): ValueId {
    return this.#named({ kind: "input", name, shape, dtype });
  }

  constant(name: string, shape: readonly number[], data: Float32Array): ValueId {
    if (data.length !== numElements(shape)) {
      throw new CoreError("bad-input", {
        what: `The constant ${name} has the wrong length.`,
        received: `${data.length}`,
        expected: shapeText(shape),
      });
    }
    return this.#named({ kind: "constant", name, shape, dtype: "float32", data });
  }

  /** A constant [], one node for each number. */
  scalar(value: number): ValueId {
    const name = `scalar/${value}`;
    return this.#ids.get(name) ?? this.constant(name, [], new Float32Array([value]));
  }

  parameter(
    name: string,
    shape: readonly number[],
    options: { role?: "weight" | "slot"; block?: ParameterBlock } = {},
  ): ValueId {
    const { role = "weight", block } = options;
    return this.#named({
      kind: "parameter",
      name,
      shape,
      dtype: "float32",
      role,
      ...(block ? { block } : {}),
    });
  }

  output(name: string, value: ValueId): void {
    this.node(value);
    this.#outputs[name] = value;
  }

  update(parameter: ValueId, value: ValueId): void {
    this.#updates.push({ parameter, value });
  }

  /** Any op by its description; the methods below are its short forms. */
  op(op: Op, inputs: readonly ValueId[]): ValueId {
    const shape = inferShape(
      op,
      inputs.map((id) => this.shapeOf(id)),
    );
    this.#nodes.push({ kind: "op", op, inputs: [...inputs], shape, dtype: "float32" });
    return this.#nodes.length - 1;
  }

  scale(x: ValueId, multiply: number, add: number): ValueId {
    return this.op({ op: "scale", multiply, add }, [x]);
  }
  conv2d(x: ValueId, kernel: ValueId, attributes: Attributes<"conv2d">, bias?: ValueId): ValueId {
    return this.op({ op: "conv2d", ...attributes }, bias === undefined ? [x, kernel] : [x, kernel, bias]);
  }
  batchNorm(x: ValueId, beta: ValueId, mean: ValueId, variance: ValueId, epsilon: number): ValueId {
    return this.op({ op: "batch-norm", epsilon }, [x, beta, mean, variance]);
  }
  maxPool(x: ValueId, size: Pair, strides: Pair, padding: Padding): ValueId {
    return this.op({ op: "max-pool", size, strides, padding }, [x]);
  }
  averagePool(x: ValueId, size: Pair, strides: Pair, padding: Padding): ValueId {
    return this.op({ op: "average-pool", size, strides, padding }, [x]);
  }
  concat(inputs: readonly ValueId[]): ValueId {
    return this.op({ op: "concat" }, inputs);
  }
  globalAveragePool(x: ValueId): ValueId {
    return this.op({ op: "global-average-pool" }, [x]);
  }
  reshape(x: ValueId, shape: readonly number[]): ValueId {
    return this.op({ op: "reshape", shape }, [x]);
  }
  /** [b, …] → [b, n] */
  flatten(x: ValueId): ValueId {
    return this.reshape(x, [numElements(this.shapeOf(x))]);
  }
  matmul(a: ValueId, b: ValueId, options: { transposeA?: boolean; transposeB?: boolean } = {}): ValueId {
    const { transposeA = false, transposeB = false } = options;
    return this.op({ op: "matmul", transposeA, transposeB }, [a, b]);
  }
  add(a: ValueId, b: ValueId): ValueId {
    return this.op({ op: "add" }, [a, b]);
  }
  subtract(a: ValueId, b: ValueId): ValueId {
    return this.op({ op: "subtract" }, [a, b]);
  }
  multiply(a: ValueId, b: ValueId): ValueId {
    return this.op({ op: "multiply" }, [a, b]);
  }
  divide(a: ValueId, b: ValueId): ValueId {
    return this.op({ op: "divide" }, [a, b]);
  }
  addN(inputs: readonly ValueId[]): ValueId {
    return this.op({ op: "add-n" }, inputs);
  }
  sliceLast(x: ValueId, start: number, size: number): ValueId {
    return this.op({ op: "slice-last", start, size }, [x]);
  }
  unary(op: "relu" | "sigmoid" | "sqrt" | "square" | "softmax" | "sum" | "sum-to-last", x: ValueId): ValueId {
    return this.op({ op }, [x]);
  }
  /** Sample losses [b] from logits and labels [b, columns]: sigmoid for one column, softmax for more. */
  crossEntropy(logits: ValueId, labels: ValueId): ValueId {
    const op = this.shapeOf(logits).at(-1) === 1 ? "sigmoid-cross-entropy" : "softmax-cross-entropy";
    return this.op({ op }, [logits, labels]);
  }

  #named(node: Exclude<Node, { kind: "op" }>): ValueId {
    if (this.#ids.has(node.name)) {
      throw new CoreError("bad-input", { what: "Two values of a graph have one name.", received: node.name });
    }
    this.#ids.set(node.name, this.#nodes.length);
    this.#nodes.push(node);
    return this.#nodes.length - 1;
  }
}
