import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  appendUpdates,
  type Backend,
  blockParameters,
  CoreError,
  createOptimizer,
  differentiate,
  type Graph,
  GraphBuilder,
  type HostTensor,
  type OptimizerName,
  parametersOf,
} from "@graft/core";
import { createReferenceBackend, testRandom } from "@graft/core/testing";
import { describe, expect, it } from "vitest";
import { OnnxBackend, type OnnxDevice } from "../onnx/backend.ts";
import { ort } from "../onnx/runtime-node.ts";
import { matchFused } from "./match.ts";
import { openNodeTeam } from "./team-node.ts";

/** onnx:cpu with every dense layer fused that can be, or (Infinity) none. */
function open(
  threads: number,
  { minBytes = 0, shared = true, openTeam = () => openNodeTeam(threads) }: Partial<OnnxDevice["fused"]> = {},
): OnnxBackend {
  return new OnnxBackend({
    id: "onnx:cpu",
    kind: "cpu",
    facts: { name: "test", engine: "onnx", engineVersion: "test" },
    limits: { maxTensorBytes: 2 ** 31, blockBytes: Number.POSITIVE_INFINITY, preferredBatch: 32 },
    traits: { maxPoolTellsOffsets: true, trainsByGemm: true },
    runtime: ort,
    sessionOptions: { intraOpNumThreads: 1 },
    fused: { minBytes, shared, openTeam },
  });
}

interface Case {
  readonly optimizer: OptimizerName;
  readonly momentum?: number;
  readonly rows: number;
  readonly columns: number;
  readonly blockBytes?: number;
}

/** features [batch, 1, rows] → flatten → relu layer → one logit. */
function graphs({
  optimizer: name,
  momentum = 0,
  rows,
  columns,
  blockBytes = Number.POSITIVE_INFINITY,
}: Case) {
  const b = new GraphBuilder();
  const x = b.flatten(b.input("features", ["batch", 1, rows]));
  const layer = b.unary(
    "relu",
    b.add(b.matmul(x, b.parameter("w", [rows, columns])), b.parameter("b", [columns])),
  );
  const logits = b.matmul(layer, b.parameter("v", [columns, 1]));
  const losses = b.crossEntropy(logits, b.input("labels", ["batch", 1]));
  b.output("logits", logits);
  const evaluate = blockParameters(b.build(), blockBytes);
  b.output("loss", b.unary("sum", b.multiply(losses, b.input("sampleWeights", ["batch"]))));
  const { graph, gradients } = differentiate(blockParameters(b.build(), blockBytes), "loss");
  const optimizer = createOptimizer({ name, momentum });
  return { evaluate, train: appendUpdates(graph, gradients, optimizer), optimizer };
}

/** Rows of features in which most numbers are zero, and some columns are zero in every row. */
function inputs(batch: number, rows: number, seed: number): Record<string, HostTensor> {
  const { next } = testRandom(seed);
  const dead = Array.from({ length: rows }, () => next() < 0.3);
  const features = Float32Array.from({ length: batch * rows }, (_, i) =>
    dead[i % rows] || next() < 0.6 ? 0 : next() * 2,
  );
  return {
    features: { shape: [batch, 1, rows], data: features },
    labels: { shape: [batch, 1], data: Float32Array.from({ length: batch }, (_, i) => i % 2) },
    sampleWeights: { shape: [batch], data: new Float32Array(batch).fill(1 / batch) },
  };
}

function start(graph: Graph): Map<string, Float32Array> {
  const { next } = testRandom(5);
  return new Map(
    parametersOf(graph)
      .filter(({ role }) => role === "weight")
      .map(({ name, shape }) => [
        name,
        Float32Array.from({ length: shape.reduce((a, c) => a * c, 1) }, () => next() - 0.5),
      ]),
  );
}

/** Six steps, the last batch smaller, one with nothing but zeros. */
async function trainOn(backend: Backend, given: Case) {
  const { train, evaluate, optimizer } = graphs(given);
  const [program, evaluation, state] = [
    await backend.compile(train),
    await backend.compile(evaluate),
    await backend.createState(train),
  ];
  await state.write(start(train));
  const losses: number[] = [];
  for (const [i, batch] of [5, 5, 5, 5, 5, 2].entries()) {
    const fed = inputs(batch, given.rows, i);
    if (i === 3) fed.features?.data.fill(0);
    const { loss } = await program.run(
      { ...fed, ...optimizer.scalars({ step: i + 1, learningRate: 0.05 }) },
      state,
    );
    losses.push(loss?.data[0] ?? Number.NaN);
  }
  const { logits } = await evaluation.run(inputs(7, given.rows, 99), state);
  return { losses, logits: [...(logits?.data ?? [])], parameters: await state.read() };
}

const CASES: readonly Case[] = [
  { optimizer: "rmsprop", rows: 37, columns: 16 },
  { optimizer: "rmsprop", rows: 64, columns: 32, blockBytes: 13 * 32 * 4 },
  { optimizer: "adam", rows: 21, columns: 12 },
  { optimizer: "sgd", rows: 10, columns: 20, blockBytes: 3 * 20 * 4 },
  { optimizer: "sgd", momentum: 0.9, rows: 9, columns: 48 },
];

describe("a fused layer", () => {
  it.each(CASES)("trains as the reference does: %o", async (given) => {
    expect(matchFused(graphs(given).train, 0).updates.length).toBeGreaterThan(0);
    const reference = createReferenceBackend();
    await using backend = open(2);
    const [expected, actual] = [await trainOn(reference, given), await trainOn(backend, given)];
    for (const [i, loss] of expected.losses.entries()) expect(actual.losses[i]).toBeCloseTo(loss, 5);
    for (const [i, logit] of expected.logits.entries()) expect(actual.logits[i]).toBeCloseTo(logit, 4);
    for (const [name, values] of expected.parameters) {
      const found = actual.parameters.get(name) ?? new Float32Array();
      expect(found.length, name).toBe(values.length);
      // RMSprop's first steps divide by small roots, so float32 shows in the fifth digit
      const worst = values.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - (found[i] ?? Number.NaN))),
        0,
      );
      expect(worst, name).toBeLessThan(2e-4);
    }
  });

  it("gives the same bits on memory that threads do not share", async () => {
    const given: Case = { optimizer: "adam", rows: 40, columns: 16, blockBytes: 7 * 16 * 4 };
    await using shared = open(2);
    await using unshared = open(1, { shared: false });
    expect(await trainOn(unshared, given)).toEqual(await trainOn(shared, given));
  });

  it("gives the same bits with any number of threads, and twice", async () => {
    const given: Case = { optimizer: "rmsprop", rows: 64, columns: 32, blockBytes: 13 * 32 * 4 };
    const results = [];
    for (const threads of [1, 2, 2, 3]) {
      await using backend = open(threads);
      results.push(await trainOn(backend, given));
    }
    const [first, ...others] = results;
    for (const other of others) expect(other).toEqual(first);
  });

  it("goes on from what was read out of another state", async () => {
    const given: Case = { optimizer: "adam", rows: 21, columns: 12 };
    await using backend = open(2);
    const { train, optimizer } = graphs(given);
    const program = await backend.compile(train);
    const [one, two] = [await backend.createState(train), await backend.createState(train)];
    await one.write(start(train));
    const step = (index: number) => ({
      ...inputs(4, given.rows, index),
      ...optimizer.scalars({ step: index, learningRate: 0.01 }),
    });
    await program.run(step(1), one);
    await two.write(await one.read());
    await program.run(step(2), one);
    await program.run(step(2), two);
    expect(await two.read()).toEqual(await one.read());
  });

  it("shares its state with programs that fuse more or less than it does", async () => {
    const given: Case = { optimizer: "rmsprop", rows: 37, columns: 16 };
    await using fused = open(2);
    await using plain = open(1, { minBytes: Number.POSITIVE_INFINITY });
    const { train, optimizer } = graphs(given);
    const b = new GraphBuilder(train);
    // an output of the weight itself: it has to be in the engine
    b.output(
      "w",
      train.nodes.findIndex((node) => node.kind === "parameter" && node.name === "w"),
    );
    const unfused = b.build();
    expect(matchFused(unfused, 0).parameters.has("w")).toBe(false);
    const step = { ...inputs(4, given.rows, 1), ...optimizer.scalars({ step: 1, learningRate: 0.01 }) };
    const trained = async (backend: Backend, graph: Graph, stateOf: Graph) => {
      const [program, state] = [await backend.compile(graph), await backend.createState(stateOf)];
      await state.write(start(train));
      await program.run(step, state);
      return (await state.read(["w"])).get("w") ?? new Float32Array();
    };
    const expected = await trained(plain, train, train);
    for (const [graph, stateOf] of [
      [train, train],
      [unfused, train],
      [train, unfused],
    ] as const) {
      const values = await trained(fused, graph, stateOf);
      values.forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 5);
      });
    }
  });

  it("keeps runs on two states at the same time apart", async () => {
    await using backend = open(2);
    const { evaluate } = graphs({ optimizer: "sgd", rows: 32, columns: 16 });
    const program = await backend.compile(evaluate);
    const states = [await backend.createState(evaluate), await backend.createState(evaluate)];
    const values = start(evaluate);
    await states[0]?.write(values);
    await states[1]?.write(
      new Map([...values].map(([name, array]) => [name, array.map((value) => value * 2)])),
    );
    const fed = { features: inputs(3, 32, 1).features ?? { shape: [], data: new Float32Array() } };
    const alone: unknown[] = [];
    for (const state of states) alone.push(await program.run(fed, state));
    const together = await Promise.all(states.map((state) => program.run(fed, state)));
    expect(together).toEqual(alone);
    expect(alone[0]).not.toEqual(alone[1]);
  });

  it("gives a state's memory back with the state, while the program lives", async () => {
    setFlagsFromString("--expose-gc");
    const collect: unknown = runInNewContext("gc");
    const rows = 2 ** 14; // 64 MiB with the slot
    const { train, optimizer } = graphs({ optimizer: "rmsprop", rows, columns: 512 });
    await using backend = open(2);
    const program = await backend.compile(train);
    const step = { ...inputs(2, rows, 1), ...optimizer.scalars({ step: 1, learningRate: 0.1 }) };
    const once = async (): Promise<number> => {
      const state = await backend.createState(train);
      await state.write(start(train));
      await program.run(step, state);
      state.dispose();
      // the other thread lets go when it has read its message
      await setTimeout(50);
      if (typeof collect === "function") collect();
      return process.memoryUsage.rss();
    };
    for (let i = 0; i < 2; i++) await once();
    const before = await once();
    let after = before;
    for (let i = 0; i < 6; i++) after = await once();
    // six states that stayed would be 384 MiB
    expect((after - before) / 2 ** 20).toBeLessThan(200);
  });

  it("refuses a state whose update was broken off half way", async () => {
    const { train, optimizer } = graphs({ optimizer: "adam", rows: 8, columns: 16 });
    const team = await openNodeTeam(1);
    let runs = 0;
    await using backend = open(1, {
      openTeam: async () => ({
        threads: 1,
        ready: () => team.ready(),
        drop: (key) => team.drop(key),
        close: () => team.close(),
        // a step asks twice: for the product, and for the update
        run(kernels, shares) {
          team.run(kernels, shares);
          if (++runs === 2) throw new CoreError("backend", { what: "A thread of the engine failed." });
        },
      }),
    });
    const [program, state] = [await backend.compile(train), await backend.createState(train)];
    await state.write(start(train));
    const step = { ...inputs(2, 8, 1), ...optimizer.scalars({ step: 1, learningRate: 0.1 }) };
    await expect(program.run(step, state)).rejects.toThrow("thread of the engine failed");
    await expect(program.run(step, state)).rejects.toThrow("half old and half new");
    await expect(state.read()).rejects.toThrow("half old and half new");
  });

  it("does not hide a number that is none", async () => {
    const given: Case = { optimizer: "rmsprop", rows: 8, columns: 16 };
    await using backend = open(1);
    const { train, optimizer } = graphs(given);
    const [program, state] = [await backend.compile(train), await backend.createState(train)];
    await state.write(start(train));
    const fed = inputs(2, given.rows, 1);
    fed.features?.data.set([Number.NaN], 3);
    const { loss } = await program.run(
      { ...fed, ...optimizer.scalars({ step: 1, learningRate: 0.1 }) },
      state,
    );
    expect(loss?.data[0]).toBeNaN();
  });

  it("is left to the engine when its input is computed, or its columns are no whole vectors", () => {
    const b = new GraphBuilder();
    const x = b.input("x", ["batch", 8]);
    b.output("odd", b.matmul(x, b.parameter("odd", [8, 6])));
    b.output("computed", b.matmul(b.unary("relu", x), b.parameter("computed", [8, 8])));
    b.output("fits", b.matmul(x, b.parameter("fits", [8, 8])));
    expect([...matchFused(b.build(), 0).parameters.keys()]).toEqual(["fits"]);
    expect(matchFused(b.build(), 1024).parameters.size).toBe(0);
  });
});
