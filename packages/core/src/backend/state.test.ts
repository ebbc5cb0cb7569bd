import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../graph/builder.ts";
import { blockParameters } from "../graph/passes/block-parameters.ts";
import { createReferenceBackend } from "../testing/reference-backend.ts";
import { logicalParameters, readLogical, writeLogical } from "./state.ts";

/** w [7, 2] in blocks of at most 3 rows, b [2], and w's slot in the same blocks. */
function blockedGraph() {
  const b = new GraphBuilder();
  const y = b.matmul(b.input("x", ["batch", 7]), b.parameter("w", [7, 2]));
  b.output("y", b.add(y, b.parameter("b", [2])));
  const blocked = new GraphBuilder(blockParameters(b.build(), 3 * 2 * 4));
  // out of order, as nothing promises that slots are made in row order
  for (const [i, start, rows] of [
    [2, 6, 1],
    [0, 0, 3],
    [1, 3, 3],
  ] as const)
    blocked.parameter(`s/w#${i}`, [rows, 2], { role: "slot", block: { of: "s/w", start, rows } });
  return blocked.build();
}
const counting = (length: number) => Float32Array.from({ length }, (_, i) => i + 1);

describe("a state's logical parameters", () => {
  it("are whole, by name, with shape and role", () => {
    const found = logicalParameters(blockedGraph()).map(({ name, shape, role, parts }) => [
      name,
      shape,
      role,
      parts.length,
    ]);
    expect(found).toEqual([
      ["w", [7, 2], "weight", 3],
      ["b", [2], "weight", 1],
      ["s/w", [7, 2], "slot", 3],
    ]);
  });

  it("are cut when written and joined when read", async () => {
    const graph = blockedGraph();
    const state = await createReferenceBackend().createState(graph);
    const values = new Map([
      ["w", counting(14)],
      ["s/w", counting(14).map((x) => -x)],
      ["b", Float32Array.of(5, 6)],
    ]);
    await writeLogical(state, graph, values);
    expect((await state.read()).get("w#1")).toEqual(Float32Array.of(7, 8, 9, 10, 11, 12));
    expect((await state.read()).get("s/w#2")).toEqual(Float32Array.of(-13, -14));
    const read = await readLogical(state, graph);
    expect(read).toEqual(values);
    expect([...(await readLogical(state, graph, { role: "weight" })).keys()]).toEqual(["w", "b"]);
    await writeLogical(state, graph, new Map([["b", Float32Array.of(0, 0)]]));
    expect((await readLogical(state, graph)).get("w")).toEqual(values.get("w"));
  });

  it("are refused with an unknown name or a wrong length, and nothing is written", async () => {
    const graph = blockedGraph();
    const state = await createReferenceBackend().createState(graph);
    for (const bad of [
      ["w#0", counting(6)],
      ["w", counting(13)],
    ] as const) {
      const values = new Map<string, Float32Array>([["b", Float32Array.of(1, 1)], bad]);
      await expect(writeLogical(state, graph, values)).rejects.toMatchObject({ code: "bad-input" });
    }
    expect((await readLogical(state, graph)).get("b")).toEqual(Float32Array.of(0, 0));
  });
});
