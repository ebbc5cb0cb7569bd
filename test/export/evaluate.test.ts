import { createOnnxBackend } from "@graft/backend-select";
import {
  type Backend,
  CoreError,
  type DatasetImage,
  type EvaluateOptions,
  evaluateModel,
  type Model,
  openPredictor,
  type PrepareImage,
  preparedBy,
} from "@graft/core";
import { testRandom } from "@graft/core/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomWeights, sampleModel } from "./sample-model.ts";

const LABELS = ["bird", "cat", "dog"];
const SIDE = 75;
const LENGTH = SIDE * SIDE * 3;

let backend: Backend;
let model: Model;
beforeAll(async () => {
  backend = await createOnnxBackend({ provider: "cpu" });
  const sample = { recipe: "gap", labels: LABELS, cut: "mixed0", size: SIDE, fit: "crop" } as const;
  model = sampleModel({ weights: randomWeights("mixed0"), ...sample, trainedOn: [hashOf(1), hashOf(99)] });
});
afterAll(() => backend.dispose());

const hashOf = (number: number): string => number.toString(16).padStart(64, "0");

function imageAt(number: number, label: number): DatasetImage {
  const facts = { format: "png", width: SIDE, height: SIDE, perceptualHash: "0".repeat(16) } as const;
  return { path: `class/${number}.png`, hash: hashOf(number), label, bytes: 1, facts };
}

/** Patches of one colour and noise, another for each number. */
function pixelsOf(number: number): Uint8Array {
  const random = testRandom(number + 1);
  const base = random.int(0, 200);
  return Uint8Array.from({ length: LENGTH }, () => base + random.int(0, 55));
}

const prepare: PrepareImage = preparedBy("drawn-1", async ({ hash }) => [
  pixelsOf(Number.parseInt(hash, 16)),
]);

const evaluate = (options: Partial<EvaluateOptions> & Pick<EvaluateOptions, "images">) =>
  evaluateModel({ model, backend, labels: LABELS, prepare, decodeAhead: 4, ...options });

describe("openPredictor", () => {
  it("gives each image the same answer alone and among any number of others", async () => {
    using predictor = await openPredictor(model, backend);
    const count = backend.limits.preferredBatch + 3;
    const images = Array.from({ length: count }, (_, i) => pixelsOf(i));
    const together = await predictor.predict(images);
    expect(together).toHaveLength(count);
    for (const at of [0, 1, backend.limits.preferredBatch, count - 1]) {
      const [alone] = await predictor.predict(images.slice(at, at + 1));
      expect(alone?.label).toBe(together[at]?.label);
      // one engine, one graph: only the order of its sums may depend on the batch
      for (const [c, p] of (alone?.probabilities ?? []).entries())
        expect(p).toBeCloseTo(together[at]?.probabilities[c] ?? -1, 5);
    }
    const sum = together[0]?.probabilities.reduce((total, p) => total + p, 0);
    expect(sum).toBeCloseTo(1, 5);
    expect(await predictor.predict([])).toEqual([]);
  });

  it("refuses an image of another size with both sizes", async () => {
    using predictor = await openPredictor(model, backend);
    await expect(predictor.predict([pixelsOf(0), new Uint8Array(12)])).rejects.toMatchObject({
      code: "bad-input",
      message: expect.stringMatching(/12 bytes.*16875 bytes, \[75, 75, 3\]/),
    });
  });

  it("refuses a head that does not fit its network, and leaves the engine usable", async () => {
    const head = new Map(model.head).set("predictions/bias", new Float32Array(2));
    await expect(openPredictor({ ...model, head }, backend)).rejects.toMatchObject({ code: "bad-input" });
    using predictor = await openPredictor(model, backend);
    expect(await predictor.predict([pixelsOf(0)])).toHaveLength(1);
  });

  it("may be disposed of twice, and is not usable afterwards", async () => {
    const predictor = await openPredictor(model, backend);
    predictor.dispose();
    predictor.dispose();
    await expect(predictor.predict([pixelsOf(0)])).rejects.toThrow();
  });
});

describe("evaluateModel", () => {
  it("scores every image as the predictor answers it, in order, whatever the order of preparing", async () => {
    const images = Array.from({ length: backend.limits.preferredBatch * 2 + 5 }, (_, i) => imageAt(i, i % 3));
    const late: PrepareImage = preparedBy("drawn-1", async (image, ...rest) => {
      await new Promise((resolve) => setTimeout(resolve, Number.parseInt(image.hash, 16) % 3));
      return prepare(image, ...rest);
    });
    const progress: number[] = [];
    const result = await evaluate({
      images,
      prepare: late,
      onProgress: ({ done, total }) => progress.push(done / total),
    });
    expect(result.predictions.map(({ image }) => image)).toEqual(images);
    expect(result.evaluation.images).toBe(images.length);
    expect(progress).toHaveLength(images.length);
    expect(progress.at(-1)).toBe(1);
    using predictor = await openPredictor(model, backend);
    const expected = await predictor.predict(images.map((_, i) => pixelsOf(i)));
    const right = expected.filter(({ label }, i) => label === i % 3).length;
    expect(result.evaluation.accuracy).toBe(right / images.length);
    for (const [i, { prediction }] of result.predictions.entries())
      expect(prediction.label).toBe(expected[i]?.label);
  });

  it("matches classes by name: other order and missing classes change no score", async () => {
    const images = [0, 1, 2, 3, 4, 5].map((i) => imageAt(i, 1 + (i % 2)));
    const plain = await evaluate({ images });
    // the same images of cats and dogs, from a data set that has no birds and sorts dogs first
    const renamed = images.map((image) => ({ ...image, label: image.label === 1 ? 1 : 0 }));
    const other = await evaluate({ images: renamed, labels: ["dog", "cat"] });
    expect(other.evaluation).toEqual(plain.evaluation);
    expect(other.evaluation.perClass[0]?.images).toBe(0);
  });

  it("refuses classes that the model does not know and names some of both sides, once", async () => {
    await expect(evaluate({ images: [imageAt(0, 0)], labels: ["cat", "horse"] })).rejects.toMatchObject({
      code: "bad-input",
      message: expect.stringMatching(/1 of 2 classes.*know: horse\..*3 classes of the model: bird, cat, dog/),
      facts: { unknown: ["horse"] },
    });
    const labels = Array.from({ length: 1000 }, (_, i) => `class number ${i}\n`);
    const error = await evaluate({ images: [imageAt(0, 0)], labels }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      message: expect.stringMatching(
        /^The data set has 1000 of 1000 classes .* and 995 more\..*bird, cat, dog.*$/,
      ),
      facts: { unknown: labels },
    });
    expect(String(error).length).toBeLessThan(500);
  });

  it("sets broken images aside with their errors and scores the others", async () => {
    const images = [0, 1, 2, 3].map((i) => imageAt(i, 0));
    const damaged = new CoreError("corrupt", { what: "cut off" });
    const result = await evaluate({
      images,
      prepare: preparedBy("drawn-1", (image, ...rest) =>
        image.hash === hashOf(2) ? Promise.reject(damaged) : prepare(image, ...rest),
      ),
    });
    expect(result.evaluation.images).toBe(3);
    expect(result.broken).toEqual([{ image: images[2], error: damaged }]);
    expect(result.predictions.map(({ image }) => image.path)).toEqual([
      "class/0.png",
      "class/1.png",
      "class/3.png",
    ]);
  });

  it("fails when no image can be read, and says why", async () => {
    const prepareNone: PrepareImage = preparedBy("drawn-1", async () => {
      throw new CoreError("corrupt", { what: "cut off" });
    });
    await expect(evaluate({ images: [imageAt(0, 0)], prepare: prepareNone })).rejects.toThrow(
      /none readable: cut off/,
    );
    await expect(evaluate({ images: [] })).rejects.toThrow(/no image/);
  });

  it("names the images that the head was trained on", async () => {
    const images = [0, 1, 2].map((i) => imageAt(i, 0));
    expect((await evaluate({ images })).seenInTraining).toEqual([images[1]]);
  });

  it("asks for no more images at once than it may, and for nothing but the model's rule", async () => {
    let [now, most] = [0, 0];
    const counted: PrepareImage = preparedBy("drawn-1", async (image, rule, augmentation, variants) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 1));
      now--;
      expect({ rule, augmentation, variants }).toEqual({
        rule: model.manifest.rule,
        augmentation: null,
        variants: [0],
      });
      return prepare(image, rule, augmentation, variants);
    });
    const images = Array.from({ length: 20 }, (_, i) => imageAt(i, 0));
    await evaluate({ images, prepare: counted, decodeAhead: 3 });
    expect(most).toBe(3);
  });

  it("stops when it is cancelled, with the work that runs ended", async () => {
    const controller = new AbortController();
    const images = Array.from({ length: 100 }, (_, i) => imageAt(i, 0));
    const stopped = evaluate({
      images,
      signal: controller.signal,
      onProgress: ({ done }) => {
        if (done === 40) controller.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
    await expect(evaluate({ images, signal: controller.signal })).rejects.toMatchObject({
      code: "cancelled",
    });
  });
});
