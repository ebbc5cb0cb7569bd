import {
  type ComputedFeatures,
  type ComputeFeaturesOptions,
  CoreError,
  computeFeaturesJob,
  createMemoryFeatureStore,
  type Dataset,
  type DatasetImage,
  type JobNote,
  parseTrainConfig,
  type Workspace,
} from "@graft/core";
import { testingWorkspace } from "@graft/core/testing";
import { describe, expect, it } from "vitest";
import { TEST_BACKENDS } from "../backends.ts";
import { describeOn } from "../open-or-skip.ts";
import { randomTrunkWeights } from "../train/random-trunk.ts";
import { emojiHost, someEmoji } from "./emoji-host.ts";

const CONFIG = parseTrainConfig({ weights: "bundled", size: 75, cut: "mixed0" });
/** More than a batch, all together. */
const PER_CLASS = 16;
/** Of mixed0. */
const CHANNELS = 256;
const images = Array.from({ length: 6 }, (_, at): DatasetImage => {
  const facts = { format: "png", width: 75, height: 75, perceptualHash: `${at}`.repeat(16) } as const;
  return { path: `${at}.png`, label: at % 2, bytes: 1, hash: `${at}`.padStart(64, "0"), facts };
});
const pets: Dataset = {
  ...{ source: "pets", labels: ["cats", "dogs"], images, skipped: [], presplit: false },
  broken: [{ path: "cut.jpg", code: "corrupt", reason: "cut off" }],
  notes: [{ code: "parts", message: "Read as parts." }],
};
const weights = randomTrunkWeights("mixed0");

/** All rows one after the other. */
async function rowsOf({ table }: ComputedFeatures): Promise<Float32Array> {
  const width = table.rowShape.reduce((product, side) => product * side, 1);
  const rows = new Float32Array(table.numRows * width);
  const positions = Array.from({ length: table.numRows }, (_, at) => at);
  await table.read(positions, rows);
  return rows;
}

/** What is heard of a job, beside what it gives. */
function hearing() {
  const opened: JobNote[] = [];
  const notes: JobNote[] = [];
  const computed: number[] = [];
  const hears = {
    onOpened: (told) => void opened.push(...told),
    onNote: (note) => void notes.push(note),
    onProgress: (progress) => void computed.push(progress.computed),
  } satisfies Partial<ComputeFeaturesOptions>;
  return { opened, notes, computed, hears };
}

for (const candidate of TEST_BACKENDS.filter(({ id }) => id === "onnx:cpu"))
  await describeOn(candidate, (backend) => {
    const petsHost = (signal?: AbortSignal): Workspace =>
      testingWorkspace({ backend, dataset: pets, weights, ...(signal ? { signal } : {}) });
    const options = { source: "pets", config: CONFIG, pool: "avg" } as const;

    describe("features of images", () => {
      it("are a row each with its label, and come from the cache the next time", async () => {
        await using workspace = await emojiHost(candidate);
        const [first, again] = [hearing(), hearing()];
        const emoji = { ...options, source: await someEmoji(PER_CLASS) };
        const made = await computeFeaturesJob(workspace, { ...emoji, ...first.hears });
        const count = 3 * PER_CLASS;
        expect(made.table.numRows).toBe(count);
        expect(made.table.rowShape).toEqual([CHANNELS]);
        expect(Object.keys(made.description)).toEqual([
          ...["labels", "images", "cut", "pool", "rule", "weights", "backend"],
        ]);
        const { images: named, ...description } = made.description;
        expect(description).toEqual({
          ...{ labels: ["animal", "food", "transport"], cut: "mixed0", pool: "avg", backend: "onnx:cpu" },
          rule: { version: 1, size: 75, fit: "stretch", resize: "bilinear" },
          weights: {
            ...{ source: "bundled", origin: expect.stringContaining("nsfwjs"), inputRange: [0, 1] },
            sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
          },
        });
        expect(named).toHaveLength(count);
        for (const { path, label } of named) expect(path.startsWith(`${label}/`)).toBe(true);
        expect(first.computed.at(-1)).toBeGreaterThan(0);
        const cached = await computeFeaturesJob(workspace, { ...emoji, ...again.hears });
        expect(again.computed.at(-1)).toBe(0);
        expect(await rowsOf(cached)).toEqual(await rowsOf(made));
        expect([...first.notes, ...again.notes]).toEqual([]);
      });

      it("are of the whole block where that is wanted; what was left out is told", async () => {
        const { opened, hears } = hearing();
        const { table, description } = await computeFeaturesJob(petsHost(), {
          ...{ ...options, ...hears, pool: "none" },
        });
        expect(table.numRows).toBe(images.length);
        expect(table.rowShape).toHaveLength(3);
        expect(description).toMatchObject({ pool: "none", images: { 1: { path: "1.png", label: "dogs" } } });
        expect(opened.map(({ code }) => code)).toEqual(["parts", "broken-files"]);
      });

      it("have no labels where the folders are no classes, which is told with what is broken", async () => {
        const { opened, hears } = hearing();
        const asked: string[] = [];
        const { prepare } = await petsHost().openDataset("pets");
        const host: Workspace = {
          ...petsHost(),
          async openUnlabelled(name) {
            asked.push(name);
            return { images, prepare, broken: pets.broken, notes: pets.notes, isUnclear: true };
          },
        };
        const plain = await computeFeaturesJob(host, { ...options, ...hears });
        expect(plain.description).toMatchObject({ labels: null, images: { 0: { label: null } } });
        expect(opened.map(({ code }) => code)).toEqual(["left-out", "parts", "unclear-classes"]);
        expect(opened[0]?.message).toBe("1 broken image left out: cut.jpg (cut off)");
        const labelled = { ...CONFIG, labelsFrom: "names" };
        const classes = await computeFeaturesJob(host, { ...options, config: labelled });
        expect(classes.description.labels).toEqual(pets.labels);
        expect(asked).toEqual(["pets"]);
      });

      it("of pixels that the host has are of their size, and are not kept", async () => {
        const store = createMemoryFeatureStore();
        const workspace: Workspace = { ...petsHost(), features: async () => store };
        const { prepare } = await workspace.openDataset("pets");
        const source = { images: images.slice(0, 2), prepare, size: 80 };
        const { table, description } = await computeFeaturesJob(workspace, { ...options, source });
        expect(table.numRows).toBe(2);
        expect(description).toMatchObject({ labels: null, rule: { size: 80 } });
        expect(store.bytes).toBe(0);
      });

      it("are computed without a cache too, with a note; a defect of the cache stays an error", async () => {
        const { notes, hears } = hearing();
        const without = (error: unknown): Workspace => ({
          ...petsHost(),
          features: () => Promise.reject(error),
        });
        const refused = without(new CoreError("disk-full", { what: "No room." }));
        const { table } = await computeFeaturesJob(refused, { ...options, ...hears });
        expect(table.numRows).toBe(images.length);
        expect(notes).toEqual([
          { code: "no-store", message: "the features are not kept for next time. No room." },
        ]);
        const defect = new TypeError("a defect");
        await expect(computeFeaturesJob(without(defect), options)).rejects.toBe(defect);
      });

      it("are computed to the end when the cache fills up, with a note", async () => {
        const { notes, hears } = hearing();
        const full = new CoreError("disk-full", { what: "The disk is full." });
        const store = { ...createMemoryFeatureStore(), putMany: () => Promise.reject(full) };
        const workspace: Workspace = { ...petsHost(), features: async () => store };
        const { table } = await computeFeaturesJob(workspace, { ...options, ...hears });
        expect(table.numRows).toBe(images.length);
        expect(notes).toEqual([{ code: "store-full", message: full.message }]);
      });

      it("are refused of a name that is no data set", async () => {
        await expect(computeFeaturesJob(petsHost(), { ...options, source: "nowhere" })).rejects.toMatchObject(
          {
            code: "not-found",
          },
        );
      });

      it("are given up when the host wants it to stop", async () => {
        const controller = new AbortController();
        await using workspace = await emojiHost(candidate, { signal: controller.signal });
        const dones: number[] = [];
        const job = computeFeaturesJob(workspace, {
          ...{ ...options, source: await someEmoji(PER_CLASS) },
          onProgress: ({ done, total }) => {
            dones.push(done);
            expect(done).toBeLessThan(total);
            if (done > 0) controller.abort();
          },
        });
        await expect(job).rejects.toMatchObject({ code: "cancelled" });
        expect(dones.length).toBeGreaterThan(1);
      });
    });
  });
