import { type Backend, type Graph, GraphBuilder, type OpName, type ValueId } from "@graft/core";
import { createReferenceBackend, OP_NAMES } from "@graft/core/testing";
import { describe, expect, it } from "vitest";
import { createOnnxBackend, createTfjsBackend } from "../engines-node.ts";
import { digestOf, digestsAgree } from "./digest.ts";
import { EXPECTED } from "./generated/expected.ts";
import { measureOps, measureStep } from "./measure.ts";
import { selfCheck } from "./self-check.ts";

/** The graph with something put behind every result of one op. */
function withWrongOp(graph: Graph, wrong: OpName, change: (b: GraphBuilder, y: ValueId) => ValueId): Graph {
  const b = new GraphBuilder();
  const renewed: ValueId[] = [];
  const at = (id: ValueId): ValueId => renewed[id] ?? id;
  for (const node of graph.nodes) {
    if (node.kind === "input") renewed.push(b.input(node.name, node.shape, node.dtype));
    else if (node.kind === "constant") renewed.push(b.constant(node.name, node.shape, node.data));
    else if (node.kind === "parameter") renewed.push(b.parameter(node.name, node.shape, { role: node.role }));
    else {
      const result = b.op(node.op, node.inputs.map(at));
      renewed.push(node.op.op === wrong ? change(b, result) : result);
    }
  }
  for (const [name, id] of Object.entries(graph.outputs)) b.output(name, at(id));
  for (const { parameter, value } of graph.updates) b.update(at(parameter), at(value));
  return b.build();
}

/** The reference, put wrong before it compiles. */
function brokenBackend(change: (graph: Graph) => Graph): Backend {
  const reference = createReferenceBackend();
  const compile = reference.compile.bind(reference);
  return Object.assign(reference, { compile: (graph: Graph) => compile(change(graph)) });
}

describe("the self-check", () => {
  it("covers every op, and every optimiser", async () => {
    expect(new Set(EXPECTED.ops.map(({ name }) => name))).toEqual(new Set(OP_NAMES));
    const names = EXPECTED.step.map(({ name }) => name.split("/")[0]);
    expect(names).toEqual(expect.arrayContaining(["adam", "rmsprop", "momentum"]));
  });

  it("stores what the reference gives today", async () => {
    const reference = createReferenceBackend();
    const close = (actual: readonly number[], expected: readonly number[] | undefined): void =>
      actual.forEach((value, i) => {
        expect(value).toBeCloseTo(expected?.[i] ?? Number.NaN, 4);
      });
    const ops = await measureOps(reference, EXPECTED.seed);
    expect(ops.map(({ name }) => name)).toEqual(EXPECTED.ops.map(({ name }) => name));
    for (const [i, { digest }] of ops.entries()) close(digest, EXPECTED.ops[i]?.digest);
    const step = await measureStep(reference, EXPECTED.seed);
    for (const [i, { digest }] of step.entries()) close(digest, EXPECTED.step[i]?.digest);
  });

  it.each([
    ["reference", async () => createReferenceBackend()],
    ["onnx:cpu", () => createOnnxBackend({ provider: "cpu" })],
    ["tfjs:cpu", () => createTfjsBackend({ device: "cpu" })],
    ["tfjs:wasm", () => createTfjsBackend({ device: "wasm" })],
  ])("finds nothing wrong with %s", async (_, open) => {
    const backend = await open();
    expect(await selfCheck(backend)).toBeUndefined();
    await backend.dispose();
  });

  it.each(OP_NAMES)("names %s when its results are a fiftieth too large", async (name) => {
    const broken = brokenBackend((graph) => withWrongOp(graph, name, (b, y) => b.scale(y, 1.02, 0)));
    expect(await selfCheck(broken)).toMatch(`the op ${name} gives wrong numbers`);
  });

  it.each([
    ["zeros", "conv2d-kernel-gradient", (b, y) => b.scale(y, 0, 0)],
    ["NaN", "softmax", (b, y) => b.scale(y, Number.NaN, 0)],
    ["−1 for 0", "max-pool", (b, y) => b.scale(y, 1, -1)],
    ["elements in wrong places", "concat", (b, y) => reversed(b, y)],
  ] satisfies [string, OpName, (b: GraphBuilder, y: ValueId) => ValueId][])(
    "finds %s from %s",
    async (_, name, change) => {
      const broken = brokenBackend((graph) => withWrongOp(graph, name, change));
      expect(await selfCheck(broken)).toMatch(
        `the op ${name} gives wrong numbers on plain loops in float64.`,
      );
    },
  );

  it("finds a step that is wrong though every op is right by itself", async () => {
    const broken = brokenBackend((graph) =>
      graph.updates.length === 0 ? graph : withWrongOp(graph, "relu-gradient", (b, y) => b.scale(y, 0, 0)),
    );
    expect(await selfCheck(broken)).toMatch(/every op is right.*train step gives a wrong/);
  });

  it("gives an engine's error as the reason", async () => {
    const broken = brokenBackend(() => {
      throw new Error("out of registers");
    });
    expect(await selfCheck(broken)).toBe("Its self-check stopped: out of registers");
  });
});

/** The last axis the other way round. */
function reversed(b: GraphBuilder, y: ValueId): ValueId {
  const length = Number(b.shapeOf(y).at(-1));
  return b.concat(Array.from({ length }, (_, i) => b.sliceLast(y, length - 1 - i, 1)));
}

describe("a digest", () => {
  const x = Float32Array.from({ length: 50 }, (_, i) => Math.sin(i));
  it("agrees within rounding", () => {
    expect(digestsAgree(digestOf(x.map((value) => value * (1 + 1e-4))), digestOf(x))).toBe(true);
  });
  it.each([
    ["one element is 0", x.with(7, 0)],
    ["two elements changed places", x.with(3, x[4] ?? 0).with(4, x[3] ?? 0)],
    ["one element is NaN", x.with(0, Number.NaN)],
    ["one element is missing", x.subarray(1)],
    ["all are 0", new Float32Array(50)],
  ])("does not when %s", (_, other) => {
    expect(digestsAgree(digestOf(other), digestOf(x))).toBe(false);
  });
});
