import { type Backend, type Graph, GraphBuilder, type HostTensor, type OpName } from "@graft/core";
import { createReferenceBackend, OP_NAMES, type OpCase, randomOpCase, testRandom } from "@graft/core/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "./close.ts";

const CASES_OF_AN_OP = 5;

/** A graph that is one op, with what it is fed. */
interface OpProblem {
  readonly graph: Graph;
  readonly inputs: Record<string, HostTensor>;
  readonly parameters: Map<string, Float32Array>;
}

/** @param weightsAre how weights reach the op: frozen layers have constants, trained ones parameters. */
function problemOf({ op, operands, batch }: OpCase, weightsAre: "constant" | "parameter"): OpProblem {
  const builder = new GraphBuilder();
  const inputs: Record<string, HostTensor> = {};
  const parameters = new Map<string, Float32Array>();
  const ids = operands.map(({ shape, data, source }, i) => {
    const name = `x${i}`;
    const fixed = shape.map((dim) => (dim === "batch" ? batch : dim));
    if (source === "input" || data instanceof Uint8Array) {
      inputs[name] = { shape: fixed, data };
      return builder.input(name, shape, data instanceof Uint8Array ? "uint8" : "float32");
    }
    if (weightsAre === "constant") return builder.constant(name, fixed, data);
    parameters.set(name, data);
    return builder.parameter(name, fixed);
  });
  builder.output("y", builder.op(op, ids));
  return { graph: builder.build(), inputs, parameters };
}

async function resultOf(backend: Backend, { graph, inputs, parameters }: OpProblem): Promise<HostTensor> {
  const [program, state] = [await backend.compile(graph), await backend.createState(graph)];
  try {
    await state.write(parameters);
    const { y } = await program.run(inputs, state);
    if (!y) throw new Error("the output y is missing");
    return y;
  } finally {
    program.dispose();
    state.dispose();
  }
}

async function compare(
  backend: Backend,
  opCase: OpCase,
  weightsAre: "constant" | "parameter",
  tolerance: number,
) {
  const problem = problemOf(opCase, weightsAre);
  const expected = await resultOf(createReferenceBackend(), problem);
  const actual = await resultOf(backend, problem);
  expect(actual.shape).toEqual(expected.shape);
  expect(actual.data).toBeInstanceOf(Float32Array);
  expectClose(actual.data, expected.data, tolerance);
}

/** Every op with random shapes and attributes, against float64. */
export function opsContract(backend: Backend, tolerance: number): void {
  describe("gives the reference's results for", () => {
    it.each(OP_NAMES)("%s", async (name: OpName) => {
      for (let i = 0; i < CASES_OF_AN_OP; i++) {
        const random = testRandom(100 * i + OP_NAMES.indexOf(name));
        const opCase = randomOpCase(name, { random, batch: 1 + (i % 4), ties: i % 2 === 1 });
        await compare(backend, opCase, i % 2 === 0 ? "constant" : "parameter", tolerance);
      }
    });

    it("cross-entropies of logits far from 0, which overflow when written naively", async () => {
      const builder = new GraphBuilder();
      const two = builder.input("two", ["batch", 2]);
      const one = builder.sliceLast(two, 0, 1);
      builder.output("sigmoid", builder.crossEntropy(one, builder.input("target", ["batch", 1])));
      builder.output("softmax", builder.crossEntropy(two, builder.input("labels", ["batch", 2])));
      const program = await backend.compile(builder.build());
      const { sigmoid, softmax } = await program.run({
        two: { shape: [3, 2], data: Float32Array.of(300, -300, -300, 300, 0, 0) },
        target: { shape: [3, 1], data: Float32Array.of(0, 0, 1) },
        labels: { shape: [3, 2], data: Float32Array.of(0, 1, 0, 1, 1, 0) },
      });
      expectClose(sigmoid?.data, [300, 0, Math.LN2], 1e-5);
      expectClose(softmax?.data, [600, 0, Math.LN2], 1e-5);
    });

    it("a loss of NaN, which must not turn into a number", async () => {
      const builder = new GraphBuilder();
      const logits = builder.input("logits", ["batch", 2]);
      const losses = builder.crossEntropy(logits, builder.input("labels", ["batch", 2]));
      builder.output("loss", builder.unary("sum", losses));
      const program = await backend.compile(builder.build());
      const { loss } = await program.run({
        logits: { shape: [1, 2], data: Float32Array.of(Number.NaN, 1) },
        labels: { shape: [1, 2], data: Float32Array.of(1, 0) },
      });
      expect(loss?.data[0]).toBeNaN();
    });
  });
}
