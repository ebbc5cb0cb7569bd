import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../graph/builder.ts";
import { type Graph, numElements, type ValueId } from "../graph/graph.ts";
import { evaluateGraph } from "../testing/evaluate-graph.ts";
import { testRandom } from "../testing/random.ts";
import { poolAfterConvolution } from "./pool-after-convolution.ts";
import { quantizedValues } from "./quantized-values.ts";

const SIDE = 5;
const INPUTS = 6;

function numbers(shape: readonly number[]): Float32Array {
  const random = testRandom(numElements(shape));
  return Float32Array.from({ length: numElements(shape) }, () => random.next() - 0.5);
}

/** x → average pool → convolution. */
function pooledThenConvolved(options: {
  readonly kernel: readonly number[];
  readonly activation: "none" | "relu";
  readonly isPoolReadTwice?: boolean;
}): Graph {
  const b = new GraphBuilder();
  const { kernel, activation, isPoolReadTwice = false } = options;
  const pool: ValueId = b.averagePool(b.input("x", ["batch", SIDE, SIDE, INPUTS]), [3, 3], [1, 1], "same");
  const weights = b.constant("kernel", kernel, numbers(kernel));
  const bias = b.constant("bias", kernel.slice(3), numbers(kernel.slice(3)));
  b.output("y", b.conv2d(pool, weights, { strides: [1, 1], padding: "same", activation }, bias));
  if (isPoolReadTwice) b.output("pool", pool);
  return b.build();
}

const opsOf = ({ nodes }: Graph): string[] =>
  nodes.flatMap((node) => (node.kind === "op" ? [node.op.op] : []));

function resultOf(graph: Graph): Float64Array {
  const inputs = new Map([["x", numbers([2, SIDE, SIDE, INPUTS])]]);
  return (
    evaluateGraph(graph, { batch: 2, inputs, parameters: new Map() }).outputs.get("y") ?? new Float64Array()
  );
}

describe("an average pool before a 1 × 1 convolution", () => {
  it.each([
    ["relu", ["conv2d", "average-pool", "relu"]],
    ["none", ["conv2d", "average-pool"]],
  ] as const)("comes after it, with the same result (%s)", (activation, ops) => {
    const graph = pooledThenConvolved({ kernel: [1, 1, INPUTS, 2], activation });
    const moved = poolAfterConvolution(graph);
    expect(opsOf(moved)).toEqual(ops);
    const [before, after] = [resultOf(graph), resultOf(moved)];
    expect(before).toHaveLength(2 * SIDE * SIDE * 2);
    for (const [i, x] of before.entries()) expect(after[i]).toBeCloseTo(x, 12);
    expect(Math.max(...before)).toBeGreaterThan(0.1);
  });

  it.each([
    ["is wider than a pixel", { kernel: [3, 3, INPUTS, 2] }],
    ["has as many outputs", { kernel: [1, 1, INPUTS, INPUTS] }],
    ["is not its only reader", { kernel: [1, 1, INPUTS, 2], isPoolReadTwice: true }],
  ])("stays before one that %s", (_, options) => {
    const graph = pooledThenConvolved({ ...options, activation: "relu" });
    expect(opsOf(poolAfterConvolution(graph))).toEqual(opsOf(graph));
  });

  it("is made whole numbers once, by its relu", () => {
    const { nodes, ...rest } = poolAfterConvolution(
      pooledThenConvolved({ kernel: [1, 1, INPUTS, 2], activation: "relu" }),
    );
    const names = quantizedValues({ nodes, ...rest }).map((group) =>
      group.map((id) => {
        const node = nodes[id];
        return node?.kind === "op" ? node.op.op : node?.kind;
      }),
    );
    expect(names).toEqual([["input"], ["conv2d"], ["relu"]]);
  });
});
