import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Backend,
  createRandom,
  type DatasetImage,
  type FeatureKey,
  type FeatureSpace,
  type ForeignImages,
  isUnlike,
  type Model,
  openPredictor,
  type PrepareImage,
  preparedBy,
  type TrainConfigInput,
  type TrainOptions,
} from "@graft/core";
import { readModelFolder, verifyModelFolder, writeModelFolder } from "@graft/core/node";
import { oneByOne } from "@graft/core/testing";
import { expect, it } from "vitest";
import { TEST_BACKENDS } from "../backends.ts";
import { firstOrAll } from "../long.ts";
import { describeOn } from "../open-or-skip.ts";
import { randomTrunkWeights } from "./random-trunk.ts";
import { makeDataset, makeTraining, memoryCheckpoints, runTraining } from "./training-problem.ts";

const CUT = "mixed1";
/** 60 to train on, 20 held back. */
const IMAGES = 80;
const CONFIG: TrainConfigInput = { cut: CUT, recipe: "classic", epochs: 1, augment: null, earlyStop: null };

/** Noise whose brightness is the class's; of a foreign picture stripes. Counts the images that were made. */
function countingPrepare() {
  const made: string[] = [];
  const prepare: PrepareImage = preparedBy(
    "drawn-1",
    async ({ hash, label, path }, { size }, augmentation, variants) => {
      made.push(hash);
      return variants.map((variant) => {
        const random = createRandom("pixels", hash, augmentation === null ? -1 : variant);
        const stripes = (_: unknown, i: number) => (i % 48 < 24 ? 255 : 0);
        const noise = () => random() * 100 + label * 100;
        return Uint8Array.from({ length: size * size * 3 }, path.startsWith("foreign") ? stripes : noise);
      });
    },
  );
  return { prepare, made };
}

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

function foreignImages(prepare: PrepareImage): ForeignImages {
  const [first] = makeDataset(1).images;
  const images = Array.from({ length: 3 }, (_, i): DatasetImage[] =>
    first ? [{ ...first, path: `foreign/${i}.png`, hash: `f${i}`.padEnd(64, "0") }] : [],
  ).flat();
  return { name: "stripes", images: async () => images, prepare };
}

const weights = randomTrunkWeights(CUT);

async function trained(
  backend: Backend,
  config: TrainConfigInput,
  given: Partial<TrainOptions> & { numImages?: number },
) {
  const { result } = await runTraining(
    makeTraining(backend, { ...CONFIG, ...config }, { numImages: IMAGES, weights, ...given }),
  );
  expect(result.error).toBeUndefined();
  if (!result.model) throw new TypeError("a completed run has a model");
  return result.model;
}

/** Of the held-back images, how many the model itself calls unlike its training. */
async function flagged(model: Model, backend: Backend, prepare: PrepareImage): Promise<number> {
  using predictor = await openPredictor(model, backend);
  const held = makeDataset(IMAGES).images.slice(60);
  const pixels = await Promise.all(held.map((image) => prepare(image, model.manifest.rule, null, [0])));
  const said = await predictor.predict(pixels.flat());
  return said.filter((prediction) => isUnlike(model.manifest, prediction)).length;
}

for (const candidate of TEST_BACKENDS.filter(({ id }) => id === "onnx:cpu")) {
  await describeOn(candidate, (backend) => {
    it("learns from the pass of the trunk that trains the head, once an image, and from the cache without any", async () => {
      const { prepare, made } = countingPrepare();
      const store = memoryFeatures();
      const foreign = foreignImages(prepare);
      const model = await trained(backend, {}, { prepare, store, foreign });
      expect(made).toHaveLength(IMAGES + 3);
      expect(model.manifest.likeness).toEqual({
        ...{ layers: [CUT], directions: 30, keptShare: 0.95, trainingImages: 60, heldBack: 20 },
        threshold: expect.any(Number),
        foreign: { name: "stripes", images: 3, flagged: 3 },
      });
      // one of twenty lies above the 95 % quantile
      expect(await flagged(model, backend, prepare)).toBe(1);

      const before = made.length;
      const again = await trained(backend, {}, { prepare, store, foreign });
      expect(made).toHaveLength(before);
      expect(again.manifest.likeness).toEqual(model.manifest.likeness);
      expect(again.directions).toEqual(model.directions);

      // a cache of an older graft has what is trained on, and keeps it
      for (const key of store.rows.keys()) if (key.includes('"avg"')) store.rows.delete(key);
      const kept = store.rows.size;
      const older = await trained(backend, {}, { prepare, store, foreign });
      expect(older.directions).toEqual(model.directions);
      expect(store.rows.size).toBe(kept + IMAGES + 3);
    });

    it("learns nothing behind a trunk that gives nothing but zeros, and leaves a model that can be read", async () => {
      const { prepare } = countingPrepare();
      const zeros = [...weights.tensors].map(
        ([name, { data, ...tensor }]) => [name, { ...tensor, data: data.map(() => 0) }] as const,
      );
      const model = await trained(
        backend,
        {},
        { prepare, store: memoryFeatures(), weights: { ...weights, tensors: new Map(zeros) } },
      );
      expect(model.manifest.likeness).toBeUndefined();
    });

    it("is learned by a run that goes on after its last epoch, and by one without a store", async () => {
      const { prepare } = countingPrepare();
      const checkpoints = memoryCheckpoints();
      const model = await trained(backend, {}, { prepare, store: memoryFeatures(), checkpoints });
      const finished = memoryCheckpoints(checkpoints.saved.at(-1));
      const resumed = await trained(backend, {}, { prepare, store: memoryFeatures(), checkpoints: finished });
      expect(resumed.directions).toEqual(model.directions);
      const nothing = oneByOne({ get: async () => undefined, put: async () => undefined });
      expect((await trained(backend, {}, { prepare, store: nothing })).directions).toEqual(model.directions);
    });

    it.each(
      firstOrAll([
        ["pooled features", { recipe: "gap" }, [CUT]],
        ["augmented copies", { augment: {}, variants: 2 }, [CUT]],
        ["new copies each epoch", { augment: {}, variants: "online" }, [CUT]],
        ["a tail that trains", { recipe: "gap", fineTune: CUT, fineTuneEpochs: 1 }, ["mixed0"]],
        ["an int8 trunk", { precision: "int8" }, [CUT]],
      ] as const),
    )("holds for the trunk that predicts, of a training on %s", async (_, config, layers) => {
      const { prepare } = countingPrepare();
      const model = await trained(backend, config, { prepare, store: memoryFeatures() });
      expect(model.manifest.likeness?.layers).toEqual(layers);
      expect(await flagged(model, backend, prepare)).toBe(1);
    });

    it("says nothing with few images held back, when nobody wants it, and of pictures that are in the set", async () => {
      const { prepare } = countingPrepare();
      const shared = { prepare, store: memoryFeatures() };
      for (const given of [{ numImages: 40 }, { likeness: false }]) {
        const model = await trained(backend, {}, { ...shared, ...given });
        expect(model.manifest.likeness).toBeUndefined();
        expect(model.directions).toBeUndefined();
      }
      const own = { ...foreignImages(prepare), images: async () => makeDataset(IMAGES).images.slice(0, 2) };
      const model = await trained(backend, {}, { ...shared, foreign: own });
      expect(model.manifest.likeness?.foreign).toBeUndefined();
    });

    it("lies in the model's folder, which is refused when it changes", async () => {
      const { prepare } = countingPrepare();
      const model = await trained(backend, { recipe: "gap" }, { prepare, store: memoryFeatures() });
      const temporary = await mkdtemp(join(tmpdir(), "graft-likeness-"));
      try {
        const folder = await writeModelFolder(model, join(temporary, "model"));
        const read = await readModelFolder(folder);
        expect(read.directions).toEqual(model.directions);
        expect(read.manifest.likeness).toEqual(model.manifest.likeness);
        await verifyModelFolder(folder, model, { images: [] });
        const other = { ...model, directions: model.directions?.map((value) => -value) ?? new Int8Array() };
        await expect(verifyModelFolder(folder, other, { images: [] })).rejects.toThrow(/likeness\.bin/);

        const file = join(folder, "likeness.bin");
        const bytes = await readFile(file);
        await writeFile(file, bytes.subarray(1));
        await expect(readModelFolder(folder)).rejects.toMatchObject({ code: "corrupt" });
      } finally {
        await rm(temporary, { recursive: true, force: true });
      }
    });
  });
}
