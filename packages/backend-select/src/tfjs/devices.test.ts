import { type Backend, GraphBuilder, type HostTensor } from "@graft/core";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { createTfjsBackend } from "../engines-node.ts";

const tensor = (shape: number[], data: number[]): HostTensor => ({ shape, data: Float32Array.from(data) });

/** y = relu(x · w) and the update w ← w − 0.5 · w, with two outputs; x [batch, 2], w [2, 2] */
function smallGraph() {
  const builder = new GraphBuilder();
  const x = builder.input("x", ["batch", 2]);
  const w = builder.parameter("w", [2, 2]);
  const half = builder.multiply(w, builder.scalar(0.5));
  builder.output("y", builder.unary("relu", builder.matmul(x, w)));
  builder.output("total", builder.unary("sum", x));
  builder.update(w, builder.subtract(w, half));
  return builder.build();
}

async function halvings(backend: Backend, steps: number): Promise<number[]> {
  const [program, state] = [await backend.compile(smallGraph()), await backend.createState(smallGraph())];
  await state.write(new Map([["w", Float32Array.of(1, 2, 3, 4)]]));
  const seen: number[] = [];
  for (let step = 0; step < steps; step++) {
    const { y } = await program.run({ x: tensor([1, 2], [1, 1]) }, state);
    seen.push(...(y?.data ?? []));
  }
  program.dispose();
  state.dispose();
  return seen;
}

describe.each(["cpu", "wasm"] as const)("tfjs:%s", (device) => {
  it("leaves no tensor behind after steps, reads, a failing run and dispose", async () => {
    const backend = await createTfjsBackend({ device });
    const before = tf.memory().numTensors;
    const [program, state] = [await backend.compile(smallGraph()), await backend.createState(smallGraph())];
    const held = tf.memory().numTensors;
    for (let step = 0; step < 5; step++)
      await program.run({ x: tensor([step + 1, 2], Array(2 * step + 2).fill(1)) }, state);
    await state.read();
    await expect(program.run({ x: tensor([1, 3], [1, 2, 3]) }, state)).rejects.toThrow("x");
    expect(tf.memory().numTensors).toBe(held);
    await backend.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("frees what an op made before the op that failed, and names that op", async () => {
    const backend = await createTfjsBackend({ device });
    const builder = new GraphBuilder();
    const squares = builder.unary("square", builder.input("x", ["batch", 4]));
    builder.output("y", builder.reshape(squares, [2, 2]));
    const graph = builder.build();
    // a graph that the builder would refuse: its reshape asks for more numbers than there are
    const broken = {
      ...graph,
      nodes: graph.nodes.map((node) =>
        node.kind === "op" && node.op.op === "reshape"
          ? { ...node, op: { ...node.op, shape: [2, 3] } }
          : node,
      ),
    };
    const program = await backend.compile(broken);
    const before = tf.memory().numTensors;
    await expect(program.run({ x: tensor([1, 4], [1, 2, 3, 4]) })).rejects.toMatchObject({
      code: "backend",
      message: expect.stringMatching(`reshape failed on tfjs:${device}.*batch, 4`),
    });
    expect(tf.memory().numTensors).toBe(before);
    await backend.dispose();
  });

  it("keeps parameters when a run fails before its updates", async () => {
    const backend = await createTfjsBackend({ device });
    const graph = smallGraph();
    const [program, state] = [await backend.compile(graph), await backend.createState(graph)];
    await state.write(new Map([["w", Float32Array.of(1, 2, 3, 4)]]));
    await expect(program.run({}, state)).rejects.toThrow("x");
    expect([...((await state.read()).get("w") ?? [])]).toEqual([1, 2, 3, 4]);
    await backend.dispose();
  });

  it("refuses a tensor above its limit before it computes", async () => {
    const backend = await createTfjsBackend({ device });
    const builder = new GraphBuilder();
    const columns = Math.floor(backend.limits.maxTensorBytes / 8);
    builder.output(
      "y",
      builder.op({ op: "pad-last", before: 0, after: columns - 1 }, [builder.input("x", ["batch", 1])]),
    );
    const program = await backend.compile(builder.build());
    await expect(program.run({ x: tensor([4, 1], [1, 2, 3, 4]) })).rejects.toMatchObject({ code: "limit" });
    await backend.dispose();
  });
});

describe("two devices of tfjs in one process", () => {
  it("give the same numbers when their runs are mixed, whatever engine the caller made active", async () => {
    const [cpu, wasm] = [
      await createTfjsBackend({ device: "cpu" }),
      await createTfjsBackend({ device: "wasm" }),
    ];
    const expected = [4, 6, 2, 3, 1, 1.5];
    const runs = [halvings(cpu, 3), halvings(wasm, 3), halvings(cpu, 3), halvings(wasm, 3)];
    await tf.setBackend("cpu");
    for (const values of await Promise.all(runs)) expect(values).toEqual(expected);
    await cpu.dispose();
    expect(await halvings(wasm, 3)).toEqual(expected);
    await wasm.dispose();
  });

  it("do not take each other's state", async () => {
    const [one, two] = [
      await createTfjsBackend({ device: "wasm" }),
      await createTfjsBackend({ device: "wasm" }),
    ];
    const program = await one.compile(smallGraph());
    const state = await two.createState(smallGraph());
    await expect(program.run({ x: tensor([1, 2], [1, 1]) }, state)).rejects.toThrow("another backend");
    await one.dispose();
    await two.dispose();
  });
});
