import { createOnnxBackend } from "@graft/backend-select";
import {
  type Backend,
  type Dataset,
  type DatasetImage,
  drawFileByFile,
  type FeatureKey,
  type FeatureSpace,
  type Model,
  measureSplitGap,
  type PrepareImage,
  preparedBy,
} from "@graft/core";
import { oneByOne, type RowStore, testRandom } from "@graft/core/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomWeights, sampleModel } from "../export/sample-model.ts";

const SIDE = 75;
const [PICTURES, COPIES] = [14, 4];

let backend: Backend;
let model: Model;
beforeAll(async () => {
  backend = await createOnnxBackend({ provider: "cpu" });
  const sample = { recipe: "gap", labels: ["cat", "dog"], cut: "mixed0", size: SIDE } as const;
  model = sampleModel({ weights: randomWeights("mixed0"), ...sample });
});
afterAll(() => backend.dispose());

/** Copies of one picture: the last one is the same file under another name, the others are saved anew. */
function copiesOf(picture: number): DatasetImage[] {
  const random = testRandom(1000 + picture);
  const hex = (digits: number) =>
    Array.from({ length: digits }, () => random.int(0, 15).toString(16)).join("");
  const perceptualHash = hex(16);
  const contents = Array.from({ length: COPIES - 1 }, () => hex(64));
  return Array.from({ length: COPIES }, (_, copy) => ({
    path: `${picture}-${copy}.png`,
    hash: contents[copy] ?? contents[0] ?? "",
    ...{ label: picture % 2, bytes: 1, part: "train" },
    facts: { format: "png", width: SIDE, height: SIDE, perceptualHash },
  }));
}

const images = Array.from({ length: PICTURES }, (_, picture) => copiesOf(picture)).flat();
const dataset: Dataset = {
  source: "copies",
  labels: ["cat", "dog"],
  images,
  skipped: [],
  broken: [],
  notes: [],
  presplit: true,
};

/** A picture of its own colours; what class it has nobody could tell without having seen it. */
const prepare: PrepareImage = preparedBy("drawn-1", async ({ path, hash }) => {
  // the file that is opened must be the one of this content
  expect(images.find((image) => image.path === path)?.hash).toBe(hash);
  const picture = Number(path.split("-")[0]);
  const colors = testRandom(picture + 1);
  const base = [colors.int(0, 255), colors.int(0, 255), colors.int(0, 255)];
  return [Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => base[i % 3] ?? 0)];
});

class CountingStore implements RowStore {
  readonly rows = new Map<string, Float32Array>();
  puts = 0;
  async get(_: FeatureSpace, { hash }: FeatureKey): Promise<Float32Array | undefined> {
    return this.rows.get(hash);
  }
  async put(_: FeatureSpace, { hash }: FeatureKey, row: Float32Array): Promise<void> {
    this.puts++;
    this.rows.set(hash, row.slice());
  }
}

describe("measureSplitGap", () => {
  it("shows what is learned by heart: copies on both sides score, held together they do not", async () => {
    const store = new CountingStore();
    const gap = await measureSplitGap({
      model,
      backend,
      dataset,
      prepare,
      decodeAhead: 4,
      store: oneByOne(store),
    });
    expect(gap).toMatchObject({ images: 2 * Math.round((PICTURES / 2) * COPIES * 0.2), draws: 3 });
    expect(gap.random - gap.safe).toBeGreaterThan(0.1);
    // each content went through the trunk once for six trainings
    expect(store.puts).toBe(PICTURES * (COPIES - 1));
    expect([...store.rows.keys()].every((hash) => images.some((image) => image.hash === hash))).toBe(true);
    const again = await measureSplitGap({
      model,
      backend,
      dataset,
      prepare,
      decodeAhead: 4,
      store: oneByOne(store),
    });
    expect(again).toEqual(gap);
  });

  it("says so when there are too few pictures to hold one back", async () => {
    const options = { model, backend, prepare, decodeAhead: 4, store: oneByOne(new CountingStore()) };
    const one = { ...dataset, labels: ["cat"], images: images.slice(0, 1) };
    await expect(measureSplitGap({ ...options, dataset: one })).rejects.toMatchObject({
      code: "bad-input",
      message: expect.stringContaining("`splitGap`"),
    });
  });

  it("refuses a fine-tuned model, and stops when it is cancelled", async () => {
    const options = { backend, dataset, prepare, decodeAhead: 4, store: oneByOne(new CountingStore()) };
    const tuned = { ...model, manifest: { ...model.manifest, fineTuned: "mixed0" } };
    await expect(measureSplitGap({ ...options, model: tuned })).rejects.toMatchObject({
      code: "unsupported",
    });
    const controller = new AbortController();
    const stopped = measureSplitGap({
      ...{ ...options, model, signal: controller.signal },
      onProgress: ({ done }) => done === 2 && controller.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
  });
});

describe("drawFileByFile", () => {
  it("holds the share of every class out, by the seed and not by the order", () => {
    const files = Array.from({ length: 50 }, (_, i) => ({
      hash: String(i).padStart(3, "0"),
      label: i < 40 ? 0 : 1,
    }));
    const split = drawFileByFile(files, { seed: 1, fraction: 0.2 });
    expect(split.validation.filter((hash) => hash < "040")).toHaveLength(8);
    expect(split.validation.filter((hash) => hash >= "040")).toHaveLength(2);
    expect([...split.train, ...split.validation].sort()).toEqual(files.map(({ hash }) => hash));
    expect(drawFileByFile(files.toReversed(), { seed: 1, fraction: 0.2 })).toEqual(split);
    expect(drawFileByFile(files, { seed: 2, fraction: 0.2 }).validation).not.toEqual(split.validation);
  });
});
