import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportOnnxInt8 } from "@graft/backend-select";
import {
  type AskedImage,
  CoreError,
  type Dataset,
  type DatasetImage,
  evaluateJob,
  exportInt8Job,
  exportJob,
  memoryFolder,
  type OpenedModel,
  parseTrainConfig,
  predictJob,
  reportJob,
  trainJob,
  type Workspace,
  writeTfjs,
} from "@graft/core";
import { testingWorkspace } from "@graft/core/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TEST_BACKENDS } from "../backends.ts";
import { describeOn } from "../open-or-skip.ts";
import { randomTrunkWeights } from "../train/random-trunk.ts";

const SIDE = 75;
const LABELS = ["cats", "dogs"];
const dataset: Dataset = {
  ...{ source: "pets", labels: LABELS, skipped: [], broken: [], notes: [], presplit: false },
  images: Array.from({ length: 60 }, (_, at): DatasetImage => {
    const label = at % 2;
    const hash = (0x9e3779b1 * (at + 1)).toString(16).padStart(64, "0");
    const perceptualHash = hash.slice(-9).repeat(2).slice(0, 16);
    return {
      ...{ path: `${LABELS[label]}/${at}.png`, label, bytes: 1, hash },
      facts: { format: "png", width: 150, height: SIDE, perceptualHash },
    };
  }),
};
const weights = randomTrunkWeights("mixed0");
const folder = mkdtempSync(join(tmpdir(), "graft-model-jobs-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function trained(workspace: Workspace): Promise<OpenedModel> {
  const options = { size: SIDE, cut: "mixed0", epochs: 2, batchSize: 8, earlyStop: null } as const;
  const job = trainJob(workspace, { config: parseTrainConfig(options), dataset: "pets" });
  let next = await job.next();
  while (!next.done) next = await job.next();
  const [run] = await workspace.runs.list();
  return workspace.openModel(run?.id ?? "");
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

const asked = (name: string, color: number): AskedImage => ({
  name,
  prepare: async ({ size }) => new Uint8Array(size * size * 3).fill(color),
  dimensions: async () => ({ width: 300, height: 100 }),
});
const unusable: AskedImage = {
  ...asked("cut.jpg", 0),
  prepare: () => Promise.reject(new CoreError("corrupt", { what: "It is cut off." })),
};

for (const candidate of TEST_BACKENDS.filter(({ id }) => id === "onnx:cpu"))
  await describeOn(candidate, (backend) => {
    describe("jobs over a model on a host without a disk", () => {
      let workspace: ReturnType<typeof testingWorkspace>;
      let model: OpenedModel;
      beforeAll(async () => {
        workspace = testingWorkspace({ backend, dataset, weights });
        model = await trained(workspace);
      });

      it("evaluate scores the validation part of the training's split, and says of what", async () => {
        const heard: string[] = [];
        using evaluated = await evaluateJob(workspace, {
          ...{ model, dataset: "pets" },
          onDataset: ({ source }) => heard.push(source),
          onProgress: ({ phase, done }) => heard.push(`${phase} ${done}`),
        });
        const held = model.run?.split.validation ?? [];
        expect(evaluated.chosen).toMatchObject({ part: "validation" });
        expect(evaluated.result.predictions.map(({ image }) => image.hash).sort()).toEqual([...held].sort());
        expect(evaluated.notes).toMatchObject([{ code: "images", paths: [] }]);
        expect(heard.slice(0, 2)).toEqual(["pets", "images 1"]);
        expect(evaluated.splitGap).toBeUndefined();
      });

      it("evaluate names images that were seen in training", async () => {
        using evaluated = await evaluateJob(workspace, { model, dataset: "pets", part: "train" });
        const [, seen] = evaluated.notes;
        expect(seen?.code).toBe("seen-in-training");
        expect(seen?.paths).toHaveLength(model.run?.split.train.length ?? -1);
        await expect(evaluateJob(workspace, { model, dataset: "pets", part: "test" })).rejects.toMatchObject({
          code: "not-found",
        });
      });

      it("report makes a page with pictures, and heat maps of mistakes, by the host's encoder", async () => {
        let encoded = 0;
        const host: Workspace = {
          ...workspace,
          encode: async () => Uint8Array.of(++encoded),
          // what the model has right is a mistake then
          openDataset: async (name, request) => {
            const opened = await workspace.openDataset(name, request);
            return { ...opened, dataset: { ...opened.dataset, labels: LABELS.toReversed() } };
          },
        };
        using evaluated = await evaluateJob(host, { model, dataset: "pets", part: "all" });
        expect(evaluated.findings.mistakes.length).toBeGreaterThan(0);
        const page = await reportJob(host, { model, title: "my model", dataset: "pets", evaluated });
        for (const text of [
          "my model",
          "onnx:cpu",
          "data:image/webp;base64,AQ==",
          "data:image/webp;base64,Ag==",
        ])
          expect(page).toContain(text);
        expect(page).toContain(evaluated.findings.mistakes[0]?.image.path);
      });

      it("predict answers in order, passes over what cannot be used, and is the same over batches", async () => {
        const many = Array.from({ length: backend.limits.preferredBatch + 3 }, (_, at) =>
          asked(`${at}`, (at * 7) % 256),
        );
        const images = [...many.slice(0, 2), unusable, ...many.slice(2)];
        const answers = await all(predictJob(workspace, { model: model.model, images }));
        expect(answers.map(({ name }) => name)).toEqual(images.map(({ name }) => name));
        expect(answers[2]).toMatchObject({ name: "cut.jpg", error: { code: "corrupt" } });
        const scoreOf = (answer: (typeof answers)[number] | undefined): number =>
          answer && "prediction" in answer ? answer.prediction.score : Number.NaN;
        for await (const alone of predictJob(workspace, { model: model.model, images: many.slice(-1) }))
          expect(scoreOf(alone)).toBeCloseTo(scoreOf(answers.at(-1)), 5);
      });

      it("predict draws a heat map when it is asked for, in the picture's own proportions", async () => {
        const sizes: unknown[] = [];
        const encode: Workspace["encode"] = async (image, { format, size }) => {
          sizes.push({ format, size, pixels: image.data.length });
          return Uint8Array.of(7);
        };
        const options = { model: model.model, images: [asked("a", 90)], explain: true };
        for await (const answer of predictJob({ ...workspace, encode }, options)) {
          expect(sizes).toEqual([]);
          expect("heatMap" in answer && (await answer.heatMap?.())).toEqual(Uint8Array.of(7));
        }
        expect(sizes).toEqual([{ format: "png", size: { width: 512, height: 171 }, pixels: 512 * 512 * 3 }]);
      });

      it("predict stops when the host wants it to", async () => {
        const host = { ...workspace, signal: AbortSignal.abort() };
        const first = predictJob(host, { model: model.model, images: [asked("a", 1)] }).next();
        await expect(first).rejects.toMatchObject({ code: "cancelled" });
      });

      it("export compares on images of the run before the format's writer is done", async () => {
        const place = { folder: memoryFolder(), path: "tfjs" };
        const result = await exportJob(workspace, { model, write: (m, check) => writeTfjs(m, place, check) });
        const comparedOn = "8 images of the model's run";
        expect(result).toMatchObject({ path: "memory/tfjs", images: 8, comparedOn });
        expect(result.largestDifference).toBeLessThan(1e-4);
        await expect(
          exportJob(workspace, { model, data: "gone", write: () => Promise.reject() }),
        ).rejects.toThrow(/no such data set/);
      });

      it("export in int8 is calibrated on training images and tells what it costs", async () => {
        const out = join(folder, "int8.onnx");
        const result = await exportInt8Job(workspace, {
          model,
          write: (m, material) => exportOnnxInt8(m, out, material),
        });
        expect(result.calibratedOn).toBeGreaterThan(0);
        expect(result.images).toBe(model.run?.split.validation.length);
        expect(result.comparedOn).toMatch(/validation images of pets/);
        for (const share of [result.accuracyBefore, result.accuracyAfter, result.agreement])
          expect(share).toBeLessThanOrEqual(1);
      });

      it("export in int8 says that it needs the data set where the run is gone", async () => {
        const write = () => Promise.reject(new TypeError("nothing is written"));
        const alone = { model: model.model, run: undefined };
        await expect(exportInt8Job(workspace, { model: alone, write })).rejects.toMatchObject({
          code: "not-found",
        });
      });
    });
  });
