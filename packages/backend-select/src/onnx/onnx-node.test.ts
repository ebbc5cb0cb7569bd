import { availableParallelism } from "node:os";
import { type Graph, GraphBuilder } from "@graft/core";
import { createReferenceBackend, OP_NAMES, randomOpCase, testRandom } from "@graft/core/testing";
import type { InferenceSession } from "onnxruntime-common";
import { afterAll, describe, expect, it } from "vitest";
import { createOnnxBackend } from "../engines-node.ts";
import { selfCheck } from "../self-check/self-check.ts";
import { OnnxBackend } from "./backend.ts";
import type { OnnxRuntime } from "./runtime.ts";
import { ort } from "./runtime-node.ts";
import { usableThreads } from "./threads-node.ts";

const backend = await createOnnxBackend({ provider: "cpu", threads: 1 });
/** The CPU put to what other providers cannot do. */
const withoutOffsets = new OnnxBackend({
  id: "onnx:cpu",
  kind: "cpu",
  facts: backend.device,
  limits: backend.limits,
  traits: { maxPoolTellsOffsets: false, trainsByGemm: false },
  runtime: ort,
  sessionOptions: { intraOpNumThreads: 1 },
});
afterAll(() => Promise.all([backend.dispose(), withoutOffsets.dispose()]));

/** As ONNX Runtime Web: the arrays that it is given for results stay as they are. */
const neverWritesOutputs: OnnxRuntime = {
  Tensor: ort.Tensor,
  InferenceSession: {
    create: async (bytes, options) => {
      const session = await ort.InferenceSession.create(bytes, options);
      const run = session.run.bind(session);
      return Object.assign(session, {
        run: (feeds: InferenceSession.FeedsType, fetches: InferenceSession.NullableOnnxValueMapType) =>
          run(feeds, Object.fromEntries(Object.keys(fetches).map((name) => [name, null]))),
      });
    },
  },
};

/** w += 1, its value before out. */
function counter(): Graph {
  const b = new GraphBuilder();
  const w = b.parameter("w", [3]);
  b.output("before", w);
  b.update(w, b.scale(w, 1, 1));
  return b.build();
}

/** An op behind a pool of one pixel, so that its images are channels-first. */
function behindPool(name: (typeof OP_NAMES)[number], seed: number) {
  const { op, operands, batch } = randomOpCase(name, { random: testRandom(seed), batch: 3, ties: true });
  const b = new GraphBuilder();
  const inputs = operands.map(({ shape, data }, i) => {
    const id = b.input(`x${i}`, shape, data instanceof Uint8Array ? "uint8" : "float32");
    const pooled = shape.length === 4 && shape[0] === "batch" && data instanceof Float32Array;
    return pooled ? b.maxPool(id, [1, 1], [1, 1], "valid") : id;
  });
  b.output("y", b.op(op, inputs));
  const tensors = operands.map(({ shape, data }, i) => [
    `x${i}`,
    { shape: shape.map((dim) => (dim === "batch" ? batch : dim)), data },
  ]);
  return { graph: b.build(), inputs: Object.fromEntries(tensors) };
}

describe("onnx:cpu", () => {
  it("says on what it runs", () => {
    expect(backend.device).toMatchObject({ engine: "onnx", threads: 1 });
    expect(backend.device.name).toMatch(/, 1 thread$/);
    expect(usableThreads()).toBeGreaterThanOrEqual(1);
    expect(usableThreads()).toBeLessThanOrEqual(availableParallelism());
  });

  it.each([
    ...OP_NAMES.map((name) => [name, "", backend] as const),
    ["max-pool-gradient", " (without offsets)", withoutOffsets] as const,
  ])("%s%s gives the reference's numbers in channels-first layout too", async (name, _, engine) => {
    for (let seed = 1; seed <= 20; seed++) {
      const { graph, inputs } = behindPool(name, seed);
      const expected = (await (await createReferenceBackend().compile(graph)).run(inputs)).y;
      const program = await engine.compile(graph);
      const actual = (await program.run(inputs)).y;
      program.dispose();
      expect(actual?.shape).toEqual(expected?.shape);
      const scale = Math.max(1, ...Array.from(expected?.data ?? [], Math.abs));
      const errors = Array.from(expected?.data ?? [], (value, i) =>
        Math.abs(value - (actual?.data[i] ?? Number.NaN)),
      );
      expect(errors.filter((error) => !(error <= 1e-5 * scale))).toEqual([]);
    }
  });

  it("loses no update when runs, reads and writes of one state are asked for at once", async () => {
    const [one, two] = [await backend.compile(counter()), await backend.compile(counter())];
    const state = await backend.createState(counter());
    const runs = Array.from({ length: 40 }, (_, i) => (i % 2 ? one : two).run({}, state));
    const reading = state.read();
    const writing = state.write(new Map([["w", Float32Array.of(100, 200, 300)]]));
    const last = one.run({}, state);
    const before = (await Promise.all(runs)).map(({ before }) => before?.data[0]);
    expect(before).toEqual(Array.from({ length: 40 }, (_, i) => i));
    expect([...((await reading).get("w") ?? [])]).toEqual([40, 40, 40]);
    await writing;
    expect([...((await last).before?.data ?? [])]).toEqual([100, 200, 300]);
  });

  it.each([
    [false, undefined],
    [true, expect.stringContaining("a train step gives a wrong")],
  ])(
    "on a runtime that never writes results where they belong, said to write them: %s",
    async (writesOutputs, verdict) => {
      await using opened = new OnnxBackend({
        id: "onnx:cpu",
        kind: "cpu",
        facts: backend.device,
        limits: backend.limits,
        traits: { maxPoolTellsOffsets: true, trainsByGemm: true },
        runtime: neverWritesOutputs,
        writesOutputs,
        sessionOptions: { intraOpNumThreads: 1 },
      });
      expect(await selfCheck(opened)).toEqual(verdict);
    },
  );

  it("swaps only what a program updates", async () => {
    const b = new GraphBuilder();
    const [w, frozen] = [b.parameter("w", [3]), b.parameter("frozen", [3])];
    b.update(w, b.add(w, frozen));
    const graph = b.build();
    const [program, state] = [await backend.compile(graph), await backend.createState(graph)];
    await state.write(new Map([["frozen", Float32Array.of(1, 2, 3)]]));
    for (let i = 0; i < 3; i++) await program.run({}, state);
    const values = await state.read();
    expect([...(values.get("w") ?? [])]).toEqual([3, 6, 9]);
    expect([...(values.get("frozen") ?? [])]).toEqual([1, 2, 3]);
  });

  it("ends a run that is asked for before the program is disposed of with an error, not a crash", async () => {
    const [program, state] = [await backend.compile(counter()), await backend.createState(counter())];
    const running = program.run({}, state);
    program.dispose();
    await expect(running).rejects.toMatchObject({ code: "backend" });
    expect([...((await state.read()).get("w") ?? [])]).toEqual([0, 0, 0]);
  });
});
