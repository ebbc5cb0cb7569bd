import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createOnnxBackend } from "@graft/backend-select";
import { type Backend, openPredictor, referenceOf } from "@graft/core";
import { exportTfjs, verifyModelFolder, writeModelFolder } from "@graft/core/node";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firstOrAll } from "../long.ts";
import { sharedPath } from "../shared.ts";
import { preparedPhotos } from "./photos.ts";
import { openInPlainTfjs, outputsOf } from "./plain-tfjs.ts";
import { realWeights } from "./real-weights.ts";
import { type SampleOptions, sampleModel } from "./sample-model.ts";

const folders = ["cats", "dogs"].map((name) => sharedPath("data", "cats-dogs", "validation", name));
const [cats, dogs] = folders;
const THREE = ["bird", "cat", "dog"];

const CASES: readonly Omit<SampleOptions, "weights">[] = [
  { recipe: "gap", labels: ["cat", "dog"], cut: "mixed7", size: 150 },
  { recipe: "gap", labels: THREE, cut: "mixed10", size: 139, fit: "crop" },
  { recipe: "gap", labels: THREE, cut: "mixed3", size: 100, fit: "pad" },
  { recipe: "classic", labels: ["cat", "dog"], cut: "mixed7", size: 150 },
  { recipe: "classic", labels: THREE, cut: "mixed8", size: 128 },
];

describe.skipIf(!cats || !dogs)("a written model in plain TensorFlow.js (needs ../shared/data)", () => {
  let backend: Backend;
  let temporary: string;
  beforeAll(async () => {
    backend = await createOnnxBackend({ provider: "cpu" });
    temporary = await mkdtemp(join(tmpdir(), "graft-export-"));
  });
  afterAll(async () => {
    await backend.dispose();
    await rm(temporary, { recursive: true, force: true });
  });

  it.each(firstOrAll(CASES))(
    "gives graft's own probabilities on real photos: $recipe, $labels, $cut, $size",
    async (options) => {
      const model = sampleModel({ weights: await realWeights(), ...options });
      const folder = await writeModelFolder(model, join(temporary, "model"), { force: true });
      const photos = await preparedPhotos([cats ?? "", dogs ?? ""], 2, model.manifest.rule);
      const network = await openInPlainTfjs(folder);
      const outputs = await outputsOf(network, model, photos);
      network.dispose();
      expect(tf.memory().numTensors).toBe(0);

      using predictor = await openPredictor(model, backend);
      const predictions = await predictor.predict(photos);
      const { activation } = model.manifest.head;
      for (const [i, { probabilities }] of predictions.entries()) {
        const output = outputs[i] ?? [];
        const ofTfjs = activation === "sigmoid" ? [1 - (output[0] ?? 0), output[0] ?? 0] : output;
        expect(ofTfjs).toHaveLength(probabilities.length);
        // two engines' float32 over 40 to 94 convolutions
        for (const [c, p] of probabilities.entries())
          expect(Math.abs((ofTfjs[c] ?? 9) - p)).toBeLessThan(1e-4);
      }
      // the photos are told apart, so that agreement means something
      const first = predictions.map(({ probabilities }) => probabilities[0] ?? 0);
      expect(Math.max(...first) - Math.min(...first)).toBeGreaterThan(0.01);
      expect(await verifyModelFolder(folder, model, { backend, images: photos })).toBeLessThan(1e-4);
    },
  );

  it("gives them for an exported LayersModel, which is a folder without graft's own files", async () => {
    const model = sampleModel({
      weights: await realWeights(),
      recipe: "gap",
      labels: THREE,
      cut: "mixed2",
      size: 75,
    });
    const photos = await preparedPhotos([cats ?? "", dogs ?? ""], 2, model.manifest.rule);
    const reference = await referenceOf(model, photos, backend);
    const { path } = await exportTfjs(model, join(temporary, "exported"), { reference, backend });
    expect((await readdir(path)).sort()).toEqual(["model.json", "weights.bin"]);
    const network = await openInPlainTfjs(path);
    const outputs = await outputsOf(network, model, photos);
    network.dispose();
    for (const [i, { probabilities }] of reference.predictions.entries())
      for (const [c, p] of probabilities.entries())
        expect(Math.abs((outputs[i]?.[c] ?? 9) - p)).toBeLessThan(1e-4); // two engines' float32
  });
});
