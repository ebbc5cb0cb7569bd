import { describe, expect, it } from "vitest";
import { readLogical, writeLogical } from "../../backend/state.ts";
import { createReferenceBackend } from "../../testing/reference-backend.ts";
import { GraphBuilder } from "../builder.ts";
import type { Graph } from "../graph.ts";
import { createOptimizer } from "../optimizer.ts";
import { appendUpdates } from "./append-updates.ts";
import { blockParameters } from "./block-parameters.ts";
import { differentiate } from "./differentiate.ts";

const rows = 11;
const hidden = 3;
const numbers = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin(1 + seed + i * 1.7));

/** The classic head in small: features → dense relu → dense, sigmoid cross-entropy. */
function head(training: boolean): Graph {
  const b = new GraphBuilder();
  const x = b.input("features", ["batch", rows]);
  const w1 = b.parameter("dense/kernel", [rows, hidden]);
  const layer = b.unary("relu", b.add(b.matmul(x, w1), b.parameter("dense/bias", [hidden])));
  const w2 = b.parameter("predictions/kernel", [hidden, 1]);
  const logits = b.add(b.matmul(layer, w2), b.parameter("predictions/bias", [1]));
  b.output("logits", logits);
  if (training) {
    const losses = b.crossEntropy(logits, b.input("labels", ["batch", 1]));
    b.output("loss", b.unary("sum", b.multiply(losses, b.input("sampleWeights", ["batch"]))));
  }
  return b.build();
}

function trainGraph(blockBytes: number, name: "adam" | "rmsprop" | "sgd"): Graph {
  const { graph, gradients } = differentiate(blockParameters(head(true), blockBytes), "loss");
  return appendUpdates(graph, gradients, createOptimizer({ name, momentum: 0.9 }));
}

const start = new Map([
  ["dense/kernel", numbers(rows * hidden, 1)],
  ["predictions/kernel", numbers(hidden, 2)],
]);

async function trained(blockBytes: number, name: "adam" | "rmsprop" | "sgd") {
  await using backend = createReferenceBackend();
  const graph = trainGraph(blockBytes, name);
  const state = await backend.createState(graph);
  await writeLogical(state, graph, start);
  const program = await backend.compile(graph);
  const losses: number[] = [];
  for (let step = 1; step <= 5; step++) {
    const outputs = await program.run(
      {
        features: { shape: [4, rows], data: numbers(4 * rows, step) },
        labels: { shape: [4, 1], data: Float32Array.of(0, 1, 1, 0) },
        sampleWeights: { shape: [4], data: new Float32Array(4).fill(0.25) },
        ...createOptimizer({ name }).scalars({ step, learningRate: 0.01 }),
      },
      state,
    );
    losses.push(outputs.loss?.data[0] ?? Number.NaN);
  }
  return { losses, values: await readLogical(state, graph) };
}

describe("a training graph", () => {
  it.each(["adam", "rmsprop", "sgd"] as const)("of %s gives the same in blocks and whole", async (name) => {
    const whole = await trained(Number.POSITIVE_INFINITY, name);
    const blocked = await trained(hidden * 4 * 4, name);
    expect(blocked.losses).toEqual(whole.losses);
    expect(whole.losses.every(Number.isFinite)).toBe(true);
    expect(new Set(whole.losses).size).toBe(5);
    expect([...blocked.values.keys()]).toEqual([...whole.values.keys()]);
    for (const [key, value] of whole.values) {
      blocked.values.get(key)?.forEach((v, i) => {
        expect(v).toBeCloseTo(value[i] ?? Number.NaN, 6);
      });
    }
  });

  it("cuts a weight into the same blocks in the graph that trains and the one that evaluates", () => {
    const names = (graph: Graph) =>
      graph.nodes.flatMap((node) => (node.kind === "parameter" && node.role === "weight" ? [node.name] : []));
    const cut = names(blockParameters(head(false), 48));
    expect(cut).toEqual([
      "dense/kernel#0",
      "dense/kernel#1",
      "dense/kernel#2",
      "dense/bias",
      "predictions/kernel",
      "predictions/bias",
    ]);
    expect(names(trainGraph(48, "adam"))).toEqual(cut);
  });
});
