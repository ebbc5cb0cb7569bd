import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CoreError } from "../../errors.ts";
import { type Evaluation, evaluateGraph } from "../../testing/evaluate-graph.ts";
import { type TestRandom, testRandom } from "../../testing/random.ts";
import { GraphBuilder } from "../builder.ts";
import { type Graph, numElements, parametersOf, type ValueId } from "../graph.ts";
import { blockParameters } from "./block-parameters.ts";
import { fuseActivations } from "./fold-and-fuse.ts";
import { foldBatchNorm } from "./fold-batch-norm.ts";
import { prune } from "./prune.ts";

const BATCH = 2;
const SIDE = 4;

/** A value named after the graph's size, frozen or trained by chance. */
function anyWeight(b: GraphBuilder, random: TestRandom, shape: readonly number[], low = -1): ValueId {
  const name = `w${b.build().nodes.length}`;
  if (random.bool()) return b.parameter(name, shape);
  return b.constant(
    name,
    shape,
    Float32Array.from({ length: numElements(shape) }, () => low + 2 * random.next()),
  );
}

/** A random net of convolutions, batch norms and relus that branch, join, and end in dense layers and outputs anywhere. */
function randomGraph(seed: number): Graph {
  const random = testRandom(seed);
  const b = new GraphBuilder();
  const images = [b.input("x", ["batch", SIDE, SIDE, 2])];
  const anyImage = (): ValueId => images[random.int(0, images.length - 1)] ?? 0;
  const channels = (id: ValueId): number => Number(b.shapeOf(id).at(-1));
  for (let i = 0; i < 8; i++) {
    const x = anyImage();
    const made = random.pick<() => ValueId>([
      () => {
        const out = random.int(1, 3);
        const kernel = anyWeight(b, random, [random.int(1, 3), random.int(1, 3), channels(x), out]);
        const bias = random.bool() ? anyWeight(b, random, [out]) : undefined;
        const activation = random.pick(["none", "none", "relu"] as const);
        return b.conv2d(x, kernel, { strides: [1, 1], padding: "same", activation }, bias);
      },
      () => {
        const c = [channels(x)];
        // variances stay positive, frozen or not
        return b.batchNorm(
          x,
          anyWeight(b, random, c),
          anyWeight(b, random, c),
          anyWeight(b, random, c, 1),
          4,
        );
      },
      () => b.unary("relu", x),
      () => b.concat([x, anyImage()]),
    ])();
    images.push(made);
    if (random.next() < 0.15) b.output(`image ${i}`, made);
  }
  const last = images.at(-1) ?? 0;
  const flat = b.flatten(last);
  const hidden = b.matmul(flat, anyWeight(b, random, [numElements(b.shapeOf(flat)), 3]));
  b.output("logits", b.matmul(hidden, anyWeight(b, random, [3, 2])));
  return b.build();
}

/** Numbers for a parameter by name: rows of a block are the rows of the whole. */
function weightOf(name: string, shape: readonly number[], firstRow: number): Float64Array {
  const seed = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7);
  const columns = numElements(shape.slice(1));
  return Float64Array.from(
    { length: numElements(shape) },
    (_, i) => testRandom(seed + firstRow * columns + i).next() - 0.4,
  );
}

function evaluate(graph: Graph): Evaluation["outputs"] {
  const random = testRandom(42);
  const x = Float64Array.from({ length: BATCH * SIDE * SIDE * 2 }, () => random.next() * 2 - 1);
  const parameters = parametersOf(graph).map(
    ({ name, shape, block }) => [name, weightOf(block?.of ?? name, shape, block?.start ?? 0)] as const,
  );
  return evaluateGraph(graph, { batch: BATCH, inputs: new Map([["x", x]]), parameters: new Map(parameters) })
    .outputs;
}

function expectEqualResults(graph: Graph, rewritten: Graph, tolerance: number): void {
  const [expected, actual] = [evaluate(graph), evaluate(rewritten)];
  expect([...actual.keys()]).toEqual([...expected.keys()]);
  for (const [name, values] of expected) {
    const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    actual.get(name)?.forEach((value, i) => {
      expect(Math.abs(value - (values[i] ?? Number.NaN)), name).toBeLessThan(tolerance * scale);
    });
  }
}

const ops = (graph: Graph): string[] =>
  graph.nodes.flatMap((node) => (node.kind === "op" ? [node.op.op] : []));
const anySeed = fc.integer({ min: 0, max: 2 ** 31 });

describe("passes leave the results of random graphs as they are", () => {
  // what fold makes is rounded to float32; the rest moves ops and adds in another order
  it.each([
    { pass: "foldBatchNorm", apply: foldBatchNorm, tolerance: 1e-5 },
    { pass: "fuseActivations", apply: fuseActivations, tolerance: 1e-12 },
    { pass: "prune", apply: prune, tolerance: 1e-12 },
    { pass: "blockParameters", apply: (graph: Graph) => blockParameters(graph, 5 * 3 * 4), tolerance: 1e-9 },
    {
      pass: "all of them",
      apply: (graph: Graph) => blockParameters(prune(fuseActivations(foldBatchNorm(graph))), 64),
      tolerance: 1e-5,
    },
  ])("$pass", ({ apply, tolerance }) => {
    let changed = 0;
    fc.assert(
      fc.property(anySeed, (seed) => {
        const graph = randomGraph(seed);
        const rewritten = apply(graph);
        expectEqualResults(graph, rewritten, tolerance);
        if (rewritten.nodes.length !== graph.nodes.length) changed++;
      }),
      { seed: 5, numRuns: 80 },
    );
    expect(changed).toBeGreaterThan(10);
  });
});

describe("the trunk's unit conv → batch norm → relu", () => {
  function unit(options: { readBetween: boolean; activation?: "relu" }): Graph {
    const b = new GraphBuilder();
    const vector = (name: string) => b.constant(name, [2], Float32Array.of(0.5, 2));
    const kernel = b.constant("kernel", [1, 1, 2, 2], Float32Array.of(1, 2, 3, 4));
    const sums = b.conv2d(b.input("x", ["batch", SIDE, SIDE, 2]), kernel, {
      strides: [1, 1],
      padding: "same",
      activation: options.activation ?? "none",
    });
    b.output(
      "y",
      b.unary("relu", b.batchNorm(sums, vector("beta"), vector("mean"), vector("variance"), 1e-3)),
    );
    if (options.readBetween) b.output("sums", sums);
    return b.build();
  }

  it("becomes one convolution with bias and relu, and nothing else stays", () => {
    const graph = fuseActivations(foldBatchNorm(unit({ readBetween: false })));
    expect(ops(graph)).toEqual(["conv2d"]);
    expect(graph.nodes.map((node) => node.kind)).toEqual(["input", "constant", "constant", "op"]);
  });

  it("stays apart where the convolution has an activation of its own", () => {
    const graph = foldBatchNorm(fuseActivations(unit({ readBetween: false, activation: "relu" })));
    expect(ops(graph)).toEqual(["conv2d", "batch-norm", "relu"]);
  });

  it("stays apart where something else reads the convolution", () => {
    const graph = fuseActivations(foldBatchNorm(unit({ readBetween: true })));
    expect(ops(graph)).toEqual(["conv2d", "batch-norm", "relu"]);
  });
});

describe("blockParameters", () => {
  function dense(rows: number, transposeB: boolean): Graph {
    const b = new GraphBuilder();
    const w = b.parameter("w", transposeB ? [4, rows] : [rows, 4]);
    b.output("y", b.matmul(b.input("x", ["batch", rows]), w, { transposeB }));
    return b.build();
  }
  const shapes = (graph: Graph) =>
    parametersOf(graph).map(({ name, shape, block }) => ({ name, shape, block }));

  it("cuts equal pieces, as few as fit", () => {
    expect(shapes(blockParameters(dense(10, false), 4 * 4 * 4))).toEqual([
      { name: "w#0", shape: [4, 4], block: { of: "w", start: 0, rows: 4 } },
      { name: "w#1", shape: [4, 4], block: { of: "w", start: 4, rows: 4 } },
      { name: "w#2", shape: [2, 4], block: { of: "w", start: 8, rows: 2 } },
    ]);
    const classic = shapes(blockParameters(dense(37632, false), 37 * 4 * 4));
    expect(classic.every(({ shape }) => Number(shape[0]) <= 37)).toBe(true);
    expect(classic.reduce((sum, { shape }) => sum + Number(shape[0]), 0)).toBe(37632);
  });

  it("leaves a weight whole that fits, is read another way, or when the limit is Infinity", () => {
    for (const [graph, bytes] of [
      [dense(10, false), 160],
      [dense(10, true), 16],
      [dense(10, false), Number.POSITIVE_INFINITY],
    ] as const) {
      expect(shapes(blockParameters(graph, bytes)).map(({ name }) => name)).toEqual(["w"]);
    }
    const b = new GraphBuilder(dense(10, false));
    b.output(
      "w",
      b.build().nodes.findIndex((node) => node.kind === "parameter"),
    );
    expect(shapes(blockParameters(b.build(), 16)).map(({ name }) => name)).toEqual(["w"]);
  });

  it("refuses a graph that has updates already, whose slots would no longer fit", () => {
    const b = new GraphBuilder(dense(10, false));
    b.update(0, 0);
    expect(() => blockParameters(b.build(), 16)).toThrow(CoreError);
  });
});

describe("prune", () => {
  it("keeps what outputs and updates need and drops inputs and parameters that nothing reads", () => {
    const b = new GraphBuilder();
    const [x, lost] = [b.input("x", ["batch", 2]), b.input("lost", ["batch", 2])];
    const [w, v] = [b.parameter("w", [2]), b.parameter("lost w", [2])];
    b.add(lost, v);
    b.output("y", b.add(x, w));
    const s = b.parameter("s", [2], { role: "slot" });
    b.update(s, b.scale(s, 2, 0));
    const graph = prune(b.build());
    expect(graph.nodes.map((node) => (node.kind === "op" ? node.op.op : node.name))).toEqual([
      "x",
      "w",
      "add",
      "s",
      "scale",
    ]);
    expect(graph.updates).toEqual([{ parameter: 3, value: 4 }]);
    expect(prune(graph)).toEqual(graph);
  });
});
