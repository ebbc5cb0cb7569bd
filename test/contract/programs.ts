import { type Backend, type Graph, GraphBuilder, type HostTensor } from "@graft/core";
import { describe, expect, it } from "vitest";
import { expectClose } from "./close.ts";

const tensor = (shape: number[], values: ArrayLike<number>): HostTensor => ({
  shape,
  data: Float32Array.from(values),
});

/** y = 2x + w, x [batch, 3], w [3] */
function affine(): Graph {
  const builder = new GraphBuilder();
  const x = builder.input("x", ["batch", 3]);
  const w = builder.parameter("w", [3]);
  builder.output("y", builder.add(builder.scale(x, 2, 0), w));
  return builder.build();
}

/** What `Program` promises, op by op apart. */
export function programsContract(backend: Backend): void {
  describe("a program", () => {
    it("takes another batch size on every run, back and forth", async () => {
      const [program, state] = [await backend.compile(affine()), await backend.createState(affine())];
      await state.write(new Map([["w", Float32Array.of(10, 20, 30)]]));
      for (const batch of [2, 1, 7, 2, 5]) {
        const x = Float32Array.from({ length: batch * 3 }, (_, i) => i);
        const { y } = await program.run({ x: { shape: [batch, 3], data: x } }, state);
        expect(y?.shape).toEqual([batch, 3]);
        expectClose(
          y?.data,
          x.map((value, i) => 2 * value + 10 * ((i % 3) + 1)),
          1e-6,
        );
      }
    });

    it("leaves the inputs to the caller, and the outputs too", async () => {
      const [program, state] = [await backend.compile(affine()), await backend.createState(affine())];
      const x = Float32Array.of(1, 2, 3);
      const first = await program.run({ x: { shape: [1, 3], data: x } }, state);
      expect([...x]).toEqual([1, 2, 3]);
      x.fill(5); // the caller may use its array again
      const second = await program.run({ x: { shape: [1, 3], data: x } }, state);
      expectClose(first.y?.data, [2, 4, 6], 1e-6);
      first.y?.data.fill(-1); // and may write over what it was given
      expectClose(second.y?.data, [10, 10, 10], 1e-6);
      const third = await program.run({ x: { shape: [1, 3], data: x } }, state);
      expectClose(third.y?.data, [10, 10, 10], 1e-6);
    });

    it("gives outputs that are an input, a constant or a parameter as they are, and one value under two names", async () => {
      const builder = new GraphBuilder();
      const x = builder.input("x", ["batch", 2]);
      const w = builder.parameter("w", [2]);
      builder.output("input", x);
      builder.output("constant", builder.constant("c", [2], Float32Array.of(0.25, -8)));
      builder.output("parameter", w);
      const sum = builder.add(x, w);
      builder.output("sum", sum);
      builder.output("again", sum);
      const graph = builder.build();
      const [program, state] = [await backend.compile(graph), await backend.createState(graph)];
      await state.write(new Map([["w", Float32Array.of(3, 4)]]));
      const outputs = await program.run({ x: tensor([1, 2], [1, 2]) }, state);
      expect(
        Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, [...data]])),
      ).toEqual({
        input: [1, 2],
        constant: [0.25, -8],
        parameter: [3, 4],
        sum: [4, 6],
        again: [4, 6],
      });
      expect(outputs.input?.shape).toEqual([1, 2]);
    });

    it("runs without a state when the graph has no parameters, and without a batch", async () => {
      const builder = new GraphBuilder();
      builder.output("y", builder.scale(builder.input("x", []), 3, 1));
      const program = await backend.compile(builder.build());
      const { y } = await program.run({ x: tensor([], [2]) });
      expect(y?.shape).toEqual([]);
      expectClose(y?.data, [7], 1e-6);
    });

    it("refuses bad input by name, and works on after it", async () => {
      const [program, state] = [await backend.compile(affine()), await backend.createState(affine())];
      const good = { x: tensor([1, 3], [1, 1, 1]) };
      const bad = (message: RegExp) => ({ code: "bad-input", message: expect.stringMatching(message) });
      await expect(program.run({}, state)).rejects.toMatchObject(bad(/x is missing/));
      await expect(program.run({ x: tensor([1, 4], [1, 1, 1, 1]) }, state)).rejects.toMatchObject(
        bad(/x .*shape/),
      );
      await expect(program.run({ x: tensor([3], [1, 1, 1]) }, state)).rejects.toMatchObject(bad(/x .*shape/));
      await expect(program.run({ x: tensor([2, 3], [1, 1, 1]) }, state)).rejects.toMatchObject(
        bad(/x .*length/),
      );
      await expect(
        program.run({ x: { shape: [1, 3], data: Uint8Array.of(1, 2, 3) } }, state),
      ).rejects.toMatchObject(bad(/x .*type/));
      await expect(program.run({ x: tensor([0, 3], []) }, state)).rejects.toMatchObject(bad(/empty/));
      await expect(program.run(good)).rejects.toMatchObject(bad(/state/));
      const other = new GraphBuilder();
      other.output("y", other.parameter("other", [1]));
      const otherState = await backend.createState(other.build());
      await expect(program.run(good, otherState)).rejects.toMatchObject(bad(/\bw\b/));
      expectClose((await program.run(good, state)).y?.data, [2, 2, 2], 1e-6);
    });

    it("refuses two inputs with different batches", async () => {
      const builder = new GraphBuilder();
      builder.output("y", builder.add(builder.input("a", ["batch", 1]), builder.input("b", ["batch", 1])));
      const program = await backend.compile(builder.build());
      await expect(
        program.run({ a: tensor([2, 1], [1, 1]), b: tensor([3, 1], [1, 1, 1]) }),
      ).rejects.toMatchObject({
        code: "bad-input",
      });
    });

    it("may be disposed of twice, and says so when it is run afterwards", async () => {
      const [program, state] = [await backend.compile(affine()), await backend.createState(affine())];
      program.dispose();
      program.dispose();
      await expect(program.run({ x: tensor([1, 3], [1, 1, 1]) }, state)).rejects.toMatchObject({
        code: "backend",
      });
    });
  });
}
