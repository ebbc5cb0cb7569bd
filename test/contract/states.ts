import { type Backend, type Graph, GraphBuilder } from "@graft/core";
import { describe, expect, it } from "vitest";
import { expectClose } from "./close.ts";

/** a [2, 3] and b [4], swapped or moved by updates when asked. */
function parameters(updates: "none" | "count" = "none"): Graph {
  const builder = new GraphBuilder();
  const a = builder.parameter("a", [2, 3]);
  const b = builder.parameter("b", [4], { role: "slot" });
  builder.output("a before", a);
  builder.output("b before", b);
  if (updates === "count") {
    builder.update(a, builder.scale(a, 1, 1));
    const sum = builder.unary("sum", a);
    builder.update(b, builder.add(b, sum));
  }
  return builder.build();
}

/** What `State` promises. */
export function statesContract(backend: Backend): void {
  describe("a state", () => {
    it("starts with zeros", async () => {
      const state = await backend.createState(parameters());
      const values = await state.read();
      expect([...values.keys()].toSorted()).toEqual(["a", "b"]);
      expect([...(values.get("a") ?? [])]).toEqual([0, 0, 0, 0, 0, 0]);
      expect([...(values.get("b") ?? [])]).toEqual([0, 0, 0, 0]);
    });

    it("gives back what was written, bit for bit, as copies", async () => {
      const state = await backend.createState(parameters());
      const written = Float32Array.of(Math.fround(Math.PI), -1e-7, 3e38, 0, 1e-38, -5);
      await state.write(new Map([["a", written]]));
      const expected = [...written];
      written.fill(0);
      const read = (await state.read(["a"])).get("a");
      expect([...(read ?? [])]).toEqual(expected);
      read?.fill(0);
      const again = await state.read();
      expect([...(again.get("a") ?? [])]).toEqual(expected);
      expect([...(again.get("b") ?? [])]).toEqual([0, 0, 0, 0]);
      expect([...(await state.read(["b"])).keys()]).toEqual(["b"]);
    });

    it("refuses unknown names and wrong lengths, and writes nothing then", async () => {
      const state = await backend.createState(parameters());
      const a = new Float32Array(6).fill(1);
      const lost = new Map([
        ["a", a],
        ["lost", a],
      ]);
      await expect(state.write(lost)).rejects.toMatchObject({
        code: "bad-input",
        message: expect.stringContaining("lost"),
      });
      const short = new Map([
        ["a", a],
        ["b", new Float32Array(3)],
      ]);
      await expect(state.write(short)).rejects.toMatchObject({
        code: "bad-input",
        message: expect.stringContaining("b"),
      });
      await expect(state.read(["lost"])).rejects.toMatchObject({ code: "bad-input" });
      expect([...((await state.read()).get("a") ?? [])]).toEqual([0, 0, 0, 0, 0, 0]);
    });

    it("takes all updates at once, from the values before the run, and keeps them for the next", async () => {
      const graph = parameters("count");
      const [program, state] = [await backend.compile(graph), await backend.createState(graph)];
      await state.write(new Map([["a", new Float32Array(6).fill(1)]]));
      const first = await program.run({}, state);
      expectClose(first["a before"]?.data, new Float32Array(6).fill(1), 0);
      expectClose(first["b before"]?.data, new Float32Array(4), 0);
      const second = await program.run({}, state);
      expectClose(second["a before"]?.data, new Float32Array(6).fill(2), 1e-6);
      expectClose(second["b before"]?.data, new Float32Array(4).fill(6), 1e-6);
      const after = await state.read();
      expectClose(after.get("a"), new Float32Array(6).fill(3), 1e-6);
      expectClose(after.get("b"), new Float32Array(4).fill(18), 1e-6);
    });

    it("moves a parameter's value into another and back", async () => {
      const builder = new GraphBuilder();
      const [a, b] = [builder.parameter("a", [2]), builder.parameter("b", [2])];
      builder.update(a, b);
      builder.update(b, a);
      const graph = builder.build();
      const [program, state] = [await backend.compile(graph), await backend.createState(graph)];
      await state.write(
        new Map([
          ["a", Float32Array.of(1, 2)],
          ["b", Float32Array.of(3, 4)],
        ]),
      );
      for (const expected of [
        [3, 4],
        [1, 2],
        [3, 4],
      ]) {
        await program.run({}, state);
        const values = await state.read();
        expect([...(values.get("a") ?? [])]).toEqual(expected);
        expect([...(values.get("b") ?? [])]).not.toEqual(expected);
      }
    });

    it("is written between runs and seen by the next", async () => {
      const graph = parameters("count");
      const [program, state] = [await backend.compile(graph), await backend.createState(graph)];
      await program.run({}, state);
      await program.run({}, state);
      await state.write(new Map([["a", new Float32Array(6).fill(7)]]));
      expectClose((await program.run({}, state))["a before"]?.data, new Float32Array(6).fill(7), 1e-6);
      expectClose((await state.read()).get("a"), new Float32Array(6).fill(8), 1e-6);
    });

    it("is apart from other states of the same program", async () => {
      const graph = parameters("count");
      const program = await backend.compile(graph);
      const [one, two] = [await backend.createState(graph), await backend.createState(graph)];
      await program.run({}, one);
      await program.run({}, one);
      await program.run({}, two);
      expectClose((await one.read()).get("a"), new Float32Array(6).fill(2), 1e-6);
      expectClose((await two.read()).get("a"), new Float32Array(6).fill(1), 1e-6);
    });

    it("may be disposed of twice, and says so when it is used afterwards", async () => {
      const graph = parameters();
      const [program, state] = [await backend.compile(graph), await backend.createState(graph)];
      state.dispose();
      state.dispose();
      await expect(state.read()).rejects.toMatchObject({ code: "backend" });
      await expect(program.run({}, state)).rejects.toMatchObject({ code: "backend" });
    });
  });
}
