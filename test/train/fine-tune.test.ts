import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  cachedPredictions,
  createRandom,
  type FeatureKey,
  type FeatureSpace,
  keptFeatures,
  openFeaturePredictor,
  type PrepareImage,
  poolFeatures,
  preparedBy,
  tailOf,
} from "@graft/core";
import { readModelFolder, writeModelFolder } from "@graft/core/node";
import { oneByOne } from "@graft/core/testing";
import { expect, it } from "vitest";
import { TEST_BACKENDS } from "../backends.ts";
import { describeOn } from "../open-or-skip.ts";
import { countHeld } from "./count-held.ts";
import { randomTrunkWeights } from "./random-trunk.ts";
import { EVERY_STEP, makeDataset, makeTraining, memoryCheckpoints, runTraining } from "./training-problem.ts";

const CUT = "mixed1";
const FROM = "mixed1";
const CONFIG = {
  cut: CUT,
  ...{ epochs: 3, batchSize: 4, learningRate: 1e-3, augment: {}, variants: 2 },
  ...{ fineTune: FROM, fineTuneEpochs: 2, fineTuneLearningRate: 1e-3 },
} as const;

/** Images of noise whose brightness is the class's; each variant is another one. Counts how many were made. */
function countingPrepare() {
  const made: string[] = [];
  const prepare: PrepareImage = preparedBy(
    "drawn-1",
    async ({ hash, label }, { size }, augmentation, variants) =>
      variants.map((variant) => {
        made.push(`${hash} ${augmentation ? variant : "as it is"}`);
        const random = createRandom("pixels", hash, augmentation === null ? -1 : variant);
        return Uint8Array.from({ length: size * size * 3 }, () => random() * 150 + label * 100);
      }),
  );
  return { prepare, made };
}

/** Keeps rows in memory. */
function memoryFeatures() {
  const rows = new Map<string, Float32Array>();
  const name = (space: FeatureSpace, key: FeatureKey): string => JSON.stringify([space, key]);
  const store = oneByOne({
    get: async (space: FeatureSpace, key: FeatureKey) => rows.get(name(space, key)),
    put: async (space: FeatureSpace, key: FeatureKey, row: Float32Array) =>
      void rows.set(name(space, key), row.slice()),
  });
  return { ...store, rows };
}

const weights = randomTrunkWeights(CUT);

for (const candidate of TEST_BACKENDS.filter(({ id }) => id === "onnx:cpu")) {
  await describeOn(candidate, (engine) => {
    it("pays the frozen part once, trains the tail alone, leaves every statistic as it was, and is saved whole", async () => {
      const { backend, held } = countHeld(engine);
      const { prepare, made } = countingPrepare();
      const store = memoryFeatures();
      const given = { numImages: 16, prepare, weights, store };
      const { result, history } = await runTraining(makeTraining(backend, CONFIG, given));
      expect(result.status).toBe("completed");
      expect(history).toHaveLength(5);
      expect(held()).toBe(0);
      // 12 training images in two copies and 4 as they are, each once; two rows of each, the cut's and the tail's base
      expect(made).toHaveLength(12 * 2 + 4);
      expect(store.rows.size).toBe(2 * made.length);

      const { model } = result;
      if (!model) throw new TypeError("a completed run has a model");
      expect(model.manifest.fineTuned).toBe(FROM);
      const { trainable } = tailOf(FROM, CUT);
      const moved = [...weights.tensors].filter(([name, { data }]) => {
        const now = model.weights.tensors.get(name)?.data ?? new Float32Array();
        return Buffer.compare(Buffer.from(data.buffer), Buffer.from(new Float32Array(now).buffer)) !== 0;
      });
      expect(new Set(moved.map(([name]) => name))).toEqual(trainable);
      expect([...model.head.keys()]).toEqual(["predictions/kernel", "predictions/bias"]);

      const images = makeDataset(16).images.slice(12);
      const shared = { model, backend, images, prepare, decodeAhead: 2, store };
      const before = made.length;
      const fromCache = await cachedPredictions(shared);
      expect(made).toHaveLength(before);
      const lookUp = keptFeatures(model, backend, { store, decoder: prepare.decoder });
      const kept = await lookUp(["never seen", ...images.map(({ hash }) => hash)]);
      expect(kept.map(({ hash }) => hash)).toEqual(images.map(({ hash }) => hash));
      expect(held()).toBe(0);
      using predictor = await openFeaturePredictor(model, backend);
      const pixels = await Promise.all(images.map((image) => prepare(image, model.manifest.rule, null, [0])));
      const whole = await predictor.predictWithFeatures(pixels.flat());
      for (const [at, { prediction, ...features }] of whole.entries()) {
        expect(Math.abs(prediction.score - (fromCache[at]?.prediction.score ?? Number.NaN))).toBeLessThan(
          1e-5,
        );
        const means = poolFeatures(features);
        const gaps = means.map((mean, i) => Math.abs(mean - (kept[at]?.pooled[i] ?? Number.NaN)));
        expect(Math.max(...gaps)).toBeLessThan(1e-5 * Math.max(1, ...means));
      }

      const folder = await mkdtemp(join(tmpdir(), "graft-tuned-"));
      try {
        const read = await readModelFolder(await writeModelFolder(model, join(folder, "model")));
        expect(read.manifest.fineTuned).toBe(FROM);
        for (const [name, { data }] of read.weights.tensors)
          expect(
            data.every((value, at) => value === model.weights.tensors.get(name)?.data[at]),
            name,
          ).toBe(true);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });

    it("keeps the head's epoch, and the trunk as it was, when the tail only made it worse", async () => {
      const { prepare } = countingPrepare();
      const config = { ...CONFIG, optimizer: "sgd", fineTuneLearningRate: 10 } as const;
      const options = { numImages: 16, prepare, weights, store: memoryFeatures() };
      const { result } = await runTraining(makeTraining(engine, config, options));
      expect(result.keptEpoch).toBeLessThanOrEqual(3);
      expect(result.model?.manifest.fineTuned).toBeUndefined();
      expect(result.model?.weights.tensors.get("conv2d_13/kernel")).toEqual(
        weights.tensors.get("conv2d_13/kernel"),
      );
    });

    it("makes new copies each epoch online, for the head and for the tail, and resumes in the tail exactly", async () => {
      const { prepare } = countingPrepare();
      const config = { ...CONFIG, epochs: 2, variants: "online" } as const;
      const given = { numImages: 8, prepare, weights, store: memoryFeatures() };
      const checkpoints = memoryCheckpoints();
      const whole = await runTraining(makeTraining(engine, config, { ...given, ...EVERY_STEP, checkpoints }));
      expect(whole.history).toHaveLength(4);
      const start = memoryCheckpoints(
        checkpoints.saved.find(({ phase, partial }) => phase.name === "fine-tune" && partial === null),
      );
      const resumed = await runTraining(makeTraining(engine, config, { ...given, checkpoints: start }));
      expect(resumed.history).toEqual(whole.history.slice(3));
    });
  });
}
