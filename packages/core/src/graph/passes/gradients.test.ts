import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CoreError } from "../../errors.ts";
import { evaluateGraph } from "../../testing/evaluate-graph.ts";
import { type OpCase, type Operand, randomOpCase } from "../../testing/op-cases.ts";
import { testRandom } from "../../testing/random.ts";
import { GraphBuilder } from "../builder.ts";
import { type Graph, numElements, type OpName, type ValueId } from "../graph.ts";
import { differentiate } from "./differentiate.ts";

/** Every op that a forward pass is made of; the rest are gradients themselves. */
const DIFFERENTIABLE = [
  "scale",
  "conv2d",
  "batch-norm",
  "max-pool",
  "average-pool",
  "concat",
  "global-average-pool",
  "reshape",
  "matmul",
  "add",
  "subtract",
  "multiply",
  "divide",
  "add-n",
  "slice-last",
  "pad-last",
  "relu",
  "sigmoid",
  "sqrt",
  "square",
  "softmax",
  "sigmoid-cross-entropy",
  "softmax-cross-entropy",
  "sum",
  "sum-to-last",
] as const satisfies readonly OpName[];
const BATCH = 3;

interface Problem {
  readonly graph: Graph;
  readonly inputs: Map<string, ArrayLike<number>>;
  readonly parameters: Map<string, Float64Array>;
}

/** A graph under construction, with the numbers that it will be run on. */
class ProblemBuilder implements Problem {
  readonly builder = new GraphBuilder();
  readonly inputs = new Map<string, ArrayLike<number>>();
  readonly parameters = new Map<string, Float64Array>();

  get graph(): Graph {
    return this.builder.build();
  }

  /** An operand of which every element is trained: behind a product with the identity where it has a batch axis. */
  trained(name: string, { shape, data }: Operand): ValueId {
    this.parameters.set(name, Float64Array.from(data));
    const fixed = shape.filter((dim) => dim !== "batch");
    if (fixed.length === shape.length) return this.builder.parameter(name, fixed);
    const columns = numElements(fixed);
    this.inputs.set(
      `identity/${name}`,
      Float64Array.from({ length: BATCH ** 2 }, (_, i) => (i % (BATCH + 1) === 0 ? 1 : 0)),
    );
    const identity = this.builder.input(`identity/${name}`, ["batch", BATCH]);
    const rows = this.builder.matmul(identity, this.builder.parameter(name, [BATCH, columns]));
    return shape.length === 2 ? rows : this.builder.reshape(rows, fixed);
  }

  given(name: string, { shape, data }: Operand): ValueId {
    this.inputs.set(name, data);
    return this.builder.input(name, shape, data instanceof Uint8Array ? "uint8" : "float32");
  }

  /** The loss Σ y · (random numbers of y's shape). */
  lossOf(y: ValueId, seed: number): void {
    const random = testRandom(seed);
    const shape = this.builder.shapeOf(y);
    this.inputs.set(
      "mix",
      Float64Array.from({ length: numElements(shape, BATCH) }, () => random.next() * 2 - 1),
    );
    this.builder.output(
      "loss",
      this.builder.unary("sum", this.builder.multiply(y, this.builder.input("mix", shape))),
    );
  }
}

const isLabel = (opCase: OpCase, index: number): boolean =>
  opCase.op.op.endsWith("cross-entropy") && index === 1;

function problemOf(opCase: OpCase, seed: number): Problem {
  const problem = new ProblemBuilder();
  const operands = opCase.operands.map((operand, i) =>
    operand.data instanceof Uint8Array || isLabel(opCase, i)
      ? problem.given(`x${i}`, operand)
      : problem.trained(`x${i}`, operand),
  );
  problem.lossOf(problem.builder.op(opCase.op, operands), seed);
  return problem;
}

function lossOf({ graph, inputs, parameters }: Problem): number {
  return evaluateGraph(graph, { batch: BATCH, inputs, parameters }).outputs.get("loss")?.[0] ?? Number.NaN;
}

/** The backward pass's gradients by parameter name. */
function gradientsOf({ graph, inputs, parameters }: Problem): ReadonlyMap<string, Float64Array> {
  const result = differentiate(graph, "loss");
  const builder = new GraphBuilder(result.graph);
  for (const [name, id] of result.gradients) builder.output(`d/${name}`, id);
  const { outputs } = evaluateGraph(builder.build(), { batch: BATCH, inputs, parameters });
  return new Map(
    [...result.gradients.keys()].map((name) => [name, outputs.get(`d/${name}`) ?? new Float64Array()]),
  );
}

/** Central differences with steps of 1e-5: truncation and rounding leave about 1e-9 in float64. */
function expectGradients(problem: Problem): void {
  const step = 1e-5;
  for (const [name, gradient] of gradientsOf(problem)) {
    const parameter = problem.parameters.get(name) ?? new Float64Array();
    expect(gradient.length).toBe(parameter.length);
    parameter.forEach((value, i) => {
      parameter[i] = value + step;
      const above = lossOf(problem);
      parameter[i] = value - step;
      const below = lossOf(problem);
      parameter[i] = value;
      const difference = (above - below) / (2 * step);
      const error = Math.abs(difference - (gradient[i] ?? Number.NaN));
      expect(error, `d loss / d ${name}[${i}] = ${gradient[i]}, by differences ${difference}`).toBeLessThan(
        1e-6 * Math.max(1, Math.abs(difference)),
      );
    });
  }
}

describe("gradients against central differences in float64", () => {
  it.each(DIFFERENTIABLE)("of %s", (name) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        const opCase = randomOpCase(name, { random: testRandom(seed), batch: BATCH, ties: false });
        const problem = problemOf(opCase, seed);
        // a scale of uint8 pixels has nothing to train
        if (problem.parameters.size > 0) expectGradients(problem);
      }),
      { seed: 3, numRuns: 12 },
    );
  });

  it("of a value that several ops read, whole and in slices that overlap, tile or leave gaps", () => {
    for (const slices of [
      [
        [0, 3],
        [3, 2],
      ],
      [
        [3, 2],
        [0, 3],
      ],
      [
        [0, 2],
        [3, 2],
      ],
      [
        [0, 4],
        [2, 3],
      ],
      [
        [1, 1],
        [1, 1],
      ],
    ] as const) {
      const problem = new ProblemBuilder();
      const data = Float32Array.from({ length: BATCH * 5 }, (_, i) => Math.cos(i) + 2);
      const x = problem.trained("x", { shape: ["batch", 5], data, source: "input" });
      const { builder } = problem;
      const parts = slices.map(([start, size]) => builder.unary("square", builder.sliceLast(x, start, size)));
      problem.lossOf(builder.concat([...parts, builder.unary("sqrt", x), x, x]), 7);
      expectGradients(problem);
    }
  });

  it("of a convolution whose batch norm was folded around a trainable kernel and beta", async () => {
    const { foldBatchNorm } = await import("./fold-batch-norm.ts");
    const { fuseActivations } = await import("./fold-and-fuse.ts");
    const problem = new ProblemBuilder();
    const { builder } = problem;
    const random = testRandom(5);
    const numbers = (length: number): Float32Array =>
      Float32Array.from({ length }, () => random.next() - 0.3);
    const x = problem.trained("x", { shape: ["batch", 5, 5, 2], data: numbers(BATCH * 50), source: "input" });
    const kernel = problem.trained("kernel", { shape: [3, 3, 2, 4], data: numbers(72), source: "weight" });
    const beta = problem.trained("beta", { shape: [4], data: numbers(4), source: "weight" });
    const mean = builder.constant("mean", [4], numbers(4));
    const variance = builder.constant(
      "variance",
      [4],
      numbers(4).map((value) => value + 1),
    );
    const sums = builder.conv2d(x, kernel, { strides: [1, 1], padding: "same", activation: "none" });
    problem.lossOf(builder.unary("relu", builder.batchNorm(sums, beta, mean, variance, 1e-3)), 9);
    const folded = fuseActivations(foldBatchNorm(problem.graph));
    expect(folded.nodes.some((node) => node.kind === "op" && node.op.op === "batch-norm")).toBe(false);
    expectGradients(problem);
    expectGradients({ graph: folded, inputs: problem.inputs, parameters: problem.parameters });
    const [plain, joined] = [
      gradientsOf(problem),
      gradientsOf({ ...problem, graph: folded, inputs: problem.inputs, parameters: problem.parameters }),
    ];
    for (const [name, gradient] of plain) {
      joined.get(name)?.forEach((value, i) => {
        expect(value).toBeCloseTo(gradient[i] ?? Number.NaN, 5); // the folded constants are float32
      });
    }
  });
});

describe("differentiate", () => {
  const refusal = (graph: Graph, loss: string): unknown => {
    try {
      differentiate(graph, loss);
    } catch (error) {
      return error;
    }
    return undefined;
  };

  it("makes nothing for inputs, constants and frozen layers", () => {
    const b = new GraphBuilder();
    const x = b.input("x", ["batch", 4, 4, 1]);
    const frozen = b.conv2d(x, b.constant("k", [3, 3, 1, 2], new Float32Array(18)), {
      strides: [1, 1],
      padding: "valid",
      activation: "relu",
    });
    const y = b.matmul(b.globalAveragePool(frozen), b.parameter("w", [2, 1]));
    b.output("loss", b.unary("sum", y));
    const before = b.build();
    const { graph, gradients } = differentiate(before, "loss");
    expect([...gradients.keys()]).toEqual(["w"]);
    const added = graph.nodes
      .slice(before.nodes.length)
      .map((node) => (node.kind === "op" ? node.op.op : node.kind));
    expect(added).toEqual(["scale", "matmul"]); // ones like y, then Aᵀ · ones
  });

  it("gives the sample weights themselves as the gradient of the losses", () => {
    const b = new GraphBuilder();
    const logits = b.matmul(b.input("x", ["batch", 2]), b.parameter("w", [2, 3]));
    const losses = b.crossEntropy(logits, b.input("labels", ["batch", 3]));
    const weights = b.input("sampleWeights", ["batch"]);
    b.output("loss", b.unary("sum", b.multiply(losses, weights)));
    const { graph } = differentiate(b.build(), "loss");
    const gradient = graph.nodes.find(
      (node) => node.kind === "op" && node.op.op === "softmax-cross-entropy-gradient",
    );
    expect(gradient?.kind === "op" && gradient.inputs[2]).toBe(weights);
  });

  it("refuses an unknown loss, one that is no number, and weights without a path to it", () => {
    const b = new GraphBuilder();
    const x = b.input("x", ["batch", 2]);
    const w = b.parameter("w", [2, 1]);
    const y = b.matmul(x, w);
    b.output("y", y);
    b.output("loss", b.unary("sum", y));
    b.output("constant loss", b.unary("sum", x));
    expect(refusal(b.build(), "lost")).toMatchObject({
      code: "bad-input",
      message: expect.stringContaining("y, loss"),
    });
    expect(refusal(b.build(), "y")).toMatchObject({ code: "bad-input" });
    expect(refusal(b.build(), "constant loss")).toMatchObject({
      code: "bad-input",
      message: expect.stringContaining("w"),
    });
  });

  it("refuses labels that are trained", () => {
    const b = new GraphBuilder();
    const labels = b.matmul(b.input("x", ["batch", 2]), b.parameter("w", [2, 3]));
    b.output("loss", b.unary("sum", b.crossEntropy(b.input("logits", ["batch", 3]), labels)));
    const error = refusal(b.build(), "loss");
    expect(error).toBeInstanceOf(CoreError);
    expect(error).toMatchObject({ code: "unsupported" });
  });
});
