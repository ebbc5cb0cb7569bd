import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluateGraph } from "../testing/evaluate-graph.ts";
import { GraphBuilder } from "./builder.ts";
import type { Graph } from "./graph.ts";
import { createOptimizer, type OptimizerName, STEP_SIZE_INPUT } from "./optimizer.ts";
import { appendUpdates } from "./passes/append-updates.ts";
import { differentiate } from "./passes/differentiate.ts";

/** Keras 3's update rules, word for word, in float64 and for one number. */
interface Keras {
  weight: number;
  m: number;
  v: number;
}
type Rule = (state: Keras, g: number, lr: number, step: number) => Keras;
const KERAS: Readonly<Record<string, Rule>> = {
  rmsprop: ({ weight, m, v }, g, lr) => {
    const velocity = 0.9 * v + (1 - 0.9) * g ** 2;
    return { weight: weight - (lr * g) / Math.sqrt(velocity + 1e-7), m, v: velocity };
  },
  adam: ({ weight, m, v }, g, lr, step) => {
    const alpha = (lr * Math.sqrt(1 - 0.999 ** step)) / (1 - 0.9 ** step);
    const momentum = m + (g - m) * (1 - 0.9);
    const velocity = v + (g ** 2 - v) * (1 - 0.999);
    return { weight: weight - (momentum * alpha) / (Math.sqrt(velocity) + 1e-7), m: momentum, v: velocity };
  },
  sgd: ({ weight, m, v }, g, lr) => ({ weight: weight - lr * g, m, v }),
  "sgd with momentum": ({ weight, m, v }, g, lr) => {
    const momentum = 0.8 * m - lr * g;
    return { weight: weight + momentum, m: momentum, v };
  },
};

const ROWS = 40;
const COLUMNS = 2;

/** The gradient of w [40, 2] is a matmul, so factors go onto its small operand; that of b [2] is a sum. */
function trainingGraph(name: OptimizerName, momentum: number): Graph {
  const b = new GraphBuilder();
  const x = b.input("x", ["batch", ROWS]);
  const y = b.add(b.matmul(x, b.parameter("w", [ROWS, COLUMNS])), b.parameter("b", [COLUMNS]));
  b.output("loss", b.unary("sum", b.multiply(y, b.input("mix", ["batch", COLUMNS]))));
  const { graph, gradients } = differentiate(b.build(), "loss");
  return appendUpdates(graph, gradients, createOptimizer({ name, momentum }));
}

const small = fc.double({ min: -3, max: 3, noNaN: true });
/** Gradients down to where epsilon counts. */
const magnitude = fc.constantFrom(1, 1e-2, 1e-4, 1e-6, 0);

describe.each([
  { rule: "rmsprop", name: "rmsprop", momentum: 0 },
  { rule: "adam", name: "adam", momentum: 0 },
  { rule: "sgd", name: "sgd", momentum: 0 },
  { rule: "sgd with momentum", name: "sgd", momentum: 0.8 },
] as const)("$rule", ({ rule, name, momentum }) => {
  const optimizer = createOptimizer({ name, momentum });
  const graph = trainingGraph(name, momentum);

  it("moves weights as Keras's rule does, step by step", () => {
    const steps = fc.array(fc.tuple(small, small, magnitude, fc.constantFrom(1e-3, 1e-2)), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(steps, (taken) => {
        const parameters = new Map<string, Float64Array>(
          graph.nodes.flatMap((node) =>
            node.kind === "parameter"
              ? [[node.name, new Float64Array(node.shape.reduce((a, c) => a * c, 1))]]
              : [],
          ),
        );
        const keras: Record<"w" | "b", Keras> = {
          w: { weight: 0, m: 0, v: 0 },
          b: { weight: 0, m: 0, v: 0 },
        };
        taken.forEach(([x, mix, size, learningRate], i) => {
          const step = i + 1;
          const stepSize = optimizer.scalars({ step, learningRate })[STEP_SIZE_INPUT]?.data ?? [];
          const { updated } = evaluateGraph(graph, {
            batch: 1,
            parameters,
            inputs: new Map<string, ArrayLike<number>>([
              ["x", new Float64Array(ROWS).fill(x)],
              ["mix", new Float64Array(COLUMNS).fill(mix * size)],
              [STEP_SIZE_INPUT, stepSize],
            ]),
          });
          for (const [key, value] of updated) parameters.set(key, value);
          keras.w = KERAS[rule]?.(keras.w, x * mix * size, learningRate, step) ?? keras.w;
          keras.b = KERAS[rule]?.(keras.b, mix * size, learningRate, step) ?? keras.b;
          for (const key of ["w", "b"] as const) {
            const [actual = Number.NaN] = parameters.get(key) ?? [];
            // the step size is a float32, and Adam's is rounded as Keras rounds it
            expect(Math.abs(actual - keras[key].weight)).toBeLessThan(
              2e-5 * Math.max(learningRate, Math.abs(keras[key].weight)),
            );
          }
        });
      }),
      { seed: 11, numRuns: 60 },
    );
  });

  it("names slots after the weight and passes over it as seldom as the rule allows", () => {
    const slots = graph.nodes.flatMap((node) =>
      node.kind === "parameter" && node.role === "slot" ? [node.name] : [],
    );
    const expected = {
      rmsprop: ["velocity"],
      adam: ["momentum", "velocity"],
      sgd: [],
      "sgd with momentum": ["momentum"],
    };
    expect(slots.filter((slot) => slot.endsWith("/w"))).toEqual(
      expected[rule].map((slot) => `${name}/${slot}/w`),
    );
    const passes = graph.nodes.filter(
      (node) => node.kind === "op" && node.op.op !== "matmul" && node.shape.join() === `${ROWS},${COLUMNS}`,
    );
    expect(passes.length).toBe({ rmsprop: 8, adam: 10, sgd: 1, "sgd with momentum": 3 }[rule]);
  });
});

describe("Adam's step size", () => {
  it("is Keras's in float32 at the first steps, where 1 − 0.999ᵗ loses digits", () => {
    const optimizer = createOptimizer({ name: "adam" });
    const [stepSize = 0] = optimizer.scalars({ step: 1, learningRate: 1e-3 })[STEP_SIZE_INPUT]?.data ?? [];
    // float32(0.999) = 0.99900001287…: α = 1e-3 · √0.00099998713 / 0.10000002, and the slots' factor 0.1 / √0.001
    const alpha = (1e-3 * Math.sqrt(0.00099998713)) / 0.10000002;
    expect(stepSize).toBeCloseTo((alpha * 0.1) / Math.sqrt(0.001), 8);
  });
});
