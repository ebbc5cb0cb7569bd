import { createOnnxBackend } from "@graft/backend-select";
import {
  type Backend,
  CoreError,
  type DatasetImage,
  evaluateModel,
  type Model,
  openFeaturePredictor,
  openPredictor,
  type PrepareImage,
  poolFeatures,
  preparedBy,
} from "@graft/core";
import { testRandom } from "@graft/core/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomWeights, sampleModel } from "./sample-model.ts";

const LABELS = ["cat", "dog"];
const SIDE = 75;

let backend: Backend;
let model: Model;
beforeAll(async () => {
  backend = await createOnnxBackend({ provider: "cpu" });
  const sample = { recipe: "gap", labels: LABELS, cut: "mixed0", size: SIDE } as const;
  model = sampleModel({ weights: randomWeights("mixed0"), ...sample });
});
afterAll(() => backend.dispose());

const hashOf = (number: number): string => number.toString(16).padStart(64, "0");

function imageAt(number: number, label = 0): DatasetImage {
  const facts = { format: "png", width: SIDE, height: SIDE, perceptualHash: "0".repeat(16) } as const;
  return { path: `class/${number}.png`, hash: hashOf(number), label, bytes: 1, facts };
}

/** From number 900 on coarse stripes, nothing like the noise of the others. */
function pixelsOf(number: number): Uint8Array {
  const random = testRandom(number + 1);
  if (number >= 900)
    return Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (i % (3 * 16) < 24 ? 255 : 0));
  return Uint8Array.from({ length: SIDE * SIDE * 3 }, () => 60 + random.int(0, 130));
}

const prepare: PrepareImage = preparedBy("drawn-1", async ({ hash }) => [
  pixelsOf(Number.parseInt(hash, 16)),
]);
const range = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => imageAt(from + i, i % 2));

describe("openFeaturePredictor", () => {
  it("gives the predictor's answers and the features that its head saw, over several batches", async () => {
    for (const recipe of ["gap", "classic"] as const) {
      const one = sampleModel({ weights: model.weights, recipe, labels: LABELS, cut: "mixed0", size: SIDE });
      using plain = await openPredictor(one, backend);
      using both = await openFeaturePredictor(one, backend);
      const images = Array.from({ length: backend.limits.preferredBatch + 2 }, (_, i) => pixelsOf(i));
      const [expected, seen] = [await plain.predict(images), await both.predictWithFeatures(images)];
      expect(seen).toHaveLength(images.length);
      for (const [i, { prediction, features, shape }] of seen.entries()) {
        expect(shape).toEqual([7, 7, 256]);
        expect(features).toHaveLength(7 * 7 * 256);
        // one engine, two graphs: the order of the sums in the pooling may differ
        expect(prediction.probabilities[1]).toBeCloseTo(expected[i]?.probabilities[1] ?? -1, 5);
        if (recipe === "classic") continue;
        // the gap head by hand, in float64, on the pooled features
        const pooled = poolFeatures({ features, shape });
        const [kernel, bias] = [one.head.get("predictions/kernel"), one.head.get("predictions/bias")];
        const logits = [0, 1].map((unit) =>
          pooled.reduce((sum, value, c) => sum + value * (kernel?.[2 * c + unit] ?? 0), bias?.[unit] ?? 0),
        );
        const second = 1 / (1 + Math.exp((logits[0] ?? 0) - (logits[1] ?? 0)));
        expect(prediction.probabilities[1]).toBeCloseTo(second, 4);
      }
    }
  });
});

describe("evaluateModel", () => {
  it("finds the picture that is nothing like the training ones, and computes no image twice", async () => {
    let prepared = 0;
    const counted: PrepareImage = preparedBy("drawn-1", (...words) => {
      prepared++;
      return prepare(...words);
    });
    const images = [...range(0, 30), imageAt(900)];
    // half of the training images are among the evaluated ones; one has two places
    const training = { images: [...range(10, 40), imageAt(49)], prepare: counted };
    const progress: number[] = [];
    const { distances } = await evaluateModel({
      ...{ model, backend, images, labels: LABELS, prepare: counted, decodeAhead: 4, training },
      onProgress: ({ done, total }) => progress.push(done / total),
    });
    expect(prepared).toBe(31 + 20);
    expect(progress).toHaveLength(31 + 20);
    expect(progress.at(-1)).toBe(1);
    expect(distances?.compared).toBe(40);
    const values = [...(distances?.distances ?? [])];
    expect(values).toHaveLength(31);
    expect(values[30]).toBeGreaterThan(3 * (distances?.threshold ?? 1));
    expect(values.slice(0, 30).filter((value) => value > (distances?.threshold ?? 0)).length).toBeLessThan(5);
  });

  it("passes over training images that cannot be read, and says nothing without enough of them", async () => {
    const options = { model, backend, images: range(0, 4), labels: LABELS, prepare, decodeAhead: 4 };
    expect((await evaluateModel(options)).distances).toBeUndefined();
    const gone: PrepareImage = preparedBy("drawn-1", (image, ...rest) =>
      Number.parseInt(image.hash, 16) < 105
        ? Promise.reject(new CoreError("not-found", { what: "gone" }))
        : prepare(image, ...rest),
    );
    const few = await evaluateModel({ ...options, training: { images: range(100, 24), prepare: gone } });
    expect(few.distances).toBeUndefined();
    expect(few.broken).toEqual([]);
    const enough = await evaluateModel({ ...options, training: { images: range(100, 25), prepare: gone } });
    expect(enough.distances?.compared).toBe(20);
  });

  it("gives each prediction its right class among the model's labels, whatever the data set calls first", async () => {
    const { truth, assessment, evaluation } = await evaluateModel({
      ...{ model, backend, images: range(0, 30), labels: ["dog", "cat"], prepare, decodeAhead: 4 },
      precisionTarget: 0.5,
    });
    expect(truth.slice(0, 3)).toEqual([1, 0, 1]);
    expect(assessment.notSure.target).toBe(0.5);
    expect(assessment.calibration.before.bins.reduce((sum, { images }) => sum + images, 0)).toBe(30);
    expect(assessment.accuracyInterval[0]).toBeLessThanOrEqual(evaluation.accuracy);
  });
});
