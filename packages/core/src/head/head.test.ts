import { describe, expect, it } from "vitest";
import { logicalParameters } from "../backend/state.ts";
import { parseTrainConfig } from "../config/parse-config.ts";
import { GraphBuilder } from "../graph/builder.ts";
import { parametersOf } from "../graph/graph.ts";
import { createOptimizer } from "../graph/optimizer.ts";
import { appendHead, headGraphs } from "./build.ts";
import { initialHeadValues } from "./initial-values.ts";
import { predictedLabel, predictionsOf } from "./outputs.ts";
import { headParameters } from "./parameters.ts";
import { headSpec } from "./spec.ts";

const gap = headSpec(parseTrainConfig({}), 3);
const classic = headSpec(parseTrainConfig({ recipe: "classic" }), 2);

describe("headSpec", () => {
  it("is one softmax layer for gap, also for two classes", () => {
    expect(gap).toMatchObject({ activation: "softmax", units: 3, hidden: 0, dropout: 0.2 });
    expect(headSpec(parseTrainConfig({}), 2)).toMatchObject({ activation: "softmax", units: 2 });
  });

  it("is 1024 hidden units for classic, one sigmoid for two classes and a softmax for more", () => {
    expect(classic).toMatchObject({ activation: "sigmoid", units: 1, hidden: 1024 });
    expect(headSpec(parseTrainConfig({ recipe: "classic" }), 5)).toMatchObject({
      ...{ activation: "softmax", units: 5, hidden: 1024 },
    });
  });
});

describe("a head's graphs", () => {
  const build = (spec: typeof gap, rowShape: number[], blockBytes = Number.POSITIVE_INFINITY) =>
    headGraphs({ spec, rowShape, optimizer: createOptimizer({ name: "adam" }), blockBytes });

  it("pool [h, w, c] for gap and flatten it for classic, with Keras's parameter names", () => {
    const shapes = (spec: typeof gap, rowShape: number[]) =>
      logicalParameters(build(spec, rowShape).evaluate).map(({ name, shape }) => [name, shape]);
    expect(shapes(gap, [2, 2, 5])).toEqual([
      ["predictions/kernel", [5, 3]],
      ["predictions/bias", [3]],
    ]);
    expect(shapes(gap, [5])).toEqual(shapes(gap, [2, 2, 5]));
    expect(shapes(classic, [2, 2, 5])).toEqual([
      ["dense/kernel", [20, 1024]],
      ["dense/bias", [1024]],
      ["predictions/kernel", [1024, 1]],
      ["predictions/bias", [1]],
    ]);
    expect(shapes(classic, [2, 2, 5])).toEqual(
      headParameters(classic, [2, 2, 5]).map(({ name, shape }) => [name, shape]),
    );
  });

  it("share one state: what evaluates has the blocks of what trains", () => {
    const { train, evaluate } = build(classic, [2, 2, 5], 1024 * 4 * 6);
    const weights = parametersOf(train).filter(({ role }) => role === "weight");
    expect(parametersOf(evaluate)).toEqual(weights);
    expect(weights.length).toBeGreaterThan(4);
  });

  it("take a dropout mask before the last layer, and none when nothing is dropped", () => {
    const inputs = (spec: typeof gap) =>
      build(spec, [2, 2, 5]).train.nodes.flatMap((node) =>
        node.kind === "input" ? [[node.name, node.shape]] : [],
      );
    expect(inputs(gap)).toContainEqual(["dropoutMask", ["batch", 5]]);
    expect(inputs(classic)).toContainEqual(["dropoutMask", ["batch", 1024]]);
    expect(inputs({ ...gap, dropout: 0 }).map(([name]) => name)).not.toContain("dropoutMask");
  });

  it("go on top of any features", () => {
    const builder = new GraphBuilder();
    const features = builder.input("x", ["batch", 3, 3, 4]);
    const { logits, probabilities } = appendHead(builder, features, gap);
    expect(builder.shapeOf(logits)).toEqual(["batch", 3]);
    expect(builder.shapeOf(probabilities)).toEqual(["batch", 3]);
  });
});

describe("initialHeadValues", () => {
  it("are Keras's: glorot_uniform kernels, zero biases, equal for equal seeds", () => {
    const values = initialHeadValues(classic, [2, 2, 5], 3);
    const kernel = values.get("dense/kernel") ?? new Float32Array();
    const limit = Math.sqrt(6 / (20 + 1024));
    expect(Math.max(...kernel)).toBeLessThanOrEqual(Math.fround(limit));
    expect(Math.max(...kernel)).toBeGreaterThan(limit * 0.99);
    expect(Math.min(...kernel)).toBeLessThan(-limit * 0.99);
    expect(kernel.reduce((sum, value) => sum + value, 0) / kernel.length).toBeCloseTo(0, 3);
    expect(values.get("dense/bias")?.every((value) => value === 0)).toBe(true);
    expect(initialHeadValues(classic, [2, 2, 5], 3)).toEqual(values);
    expect(initialHeadValues(classic, [2, 2, 5], 4)).not.toEqual(values);
  });
});

describe("predictionsOf", () => {
  it("makes two probabilities of a sigmoid's one", () => {
    const [first, second] = predictionsOf({ shape: [2, 1], data: Float32Array.of(0.25, 0.75) }, classic);
    expect(first).toEqual({ label: 0, score: 0.75, probabilities: Float32Array.of(0.75, 0.25) });
    expect(second).toEqual({ label: 1, score: 0.75, probabilities: Float32Array.of(0.25, 0.75) });
  });

  it("says the first class at exactly one half, as Keras's binary accuracy", () => {
    expect(predictedLabel(Float32Array.of(0.5), 0, classic)).toBe(0);
  });

  it("takes a softmax's largest, the first of equals, in arrays of its own", () => {
    const data = Float32Array.of(0.2, 0.5, 0.3, 0.4, 0.2, 0.4);
    const predictions = predictionsOf({ shape: [2, 3], data }, gap);
    expect(predictions.map(({ label }) => label)).toEqual([1, 0]);
    expect(predictions[0]?.score).toBeCloseTo(0.5);
    data.fill(0);
    expect(predictions[1]?.probabilities).toEqual(Float32Array.of(0.4, 0.2, 0.4));
  });
});
