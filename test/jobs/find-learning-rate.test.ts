import {
  type Dataset,
  type FindLearningRateOptions,
  findLearningRateJob,
  parseTrainConfig,
  type Workspace,
} from "@graft/core";
import { testingWorkspace } from "@graft/core/testing";
import { describe, expect, it } from "vitest";
import { TEST_BACKENDS } from "../backends.ts";
import { describeOn } from "../open-or-skip.ts";
import { randomTrunkWeights } from "../train/random-trunk.ts";
import { emojiHost, someEmoji } from "./emoji-host.ts";

const CONFIG = parseTrainConfig({ weights: "bundled", size: 75, cut: "mixed0", batchSize: 8 });
const PER_CLASS = 10;

/** What is heard of a job: the data set, how many images are done, the test. */
function hearing() {
  const heard: string[] = [];
  const hears = {
    onDataset: ({ labels }) => heard.push(labels.join()),
    onProgress: (done, total) => heard.push(`${done}/${total}`),
    onTesting: () => heard.push("testing"),
  } satisfies Partial<FindLearningRateOptions>;
  return { heard, hears };
}

for (const candidate of TEST_BACKENDS.filter(({ id }) => id === "onnx:cpu"))
  await describeOn(candidate, (backend) => {
    describe("the test of learning rates", () => {
      it("finds a rate on real pictures, tells how far it is, and finds the same from the cache", async () => {
        const dataset = await someEmoji(PER_CLASS);
        await using workspace = await emojiHost(candidate);
        const { heard, hears } = hearing();
        const found = await findLearningRateJob(workspace, { dataset, config: CONFIG, ...hears });
        expect(found.curve.length).toBeGreaterThan(20);
        expect(found.curve[0]?.learningRate).toBe(1e-6);
        expect(found.learningRate).toBeGreaterThan(1e-5);
        expect(found.learningRate).toBeLessThan(1);
        const total = 3 * PER_CLASS;
        expect(heard[0]).toBe("animal,food,transport");
        expect(heard.slice(-2)).toEqual([`${total}/${total}`, "testing"]);
        const again = hearing();
        const second = await findLearningRateJob(workspace, { dataset, config: CONFIG, ...again.hears });
        expect(second).toEqual(found);
        // each part at once: nothing was computed
        expect([...new Set(again.heard)]).toEqual([heard[0], "24/30", "30/30", "testing"]);
      });

      it("stops when the host wants it to, among the images and in the test", async () => {
        const dataset = await someEmoji(PER_CLASS);
        for (const moment of ["onProgress", "onTesting"]) {
          const controller = new AbortController();
          const abort = (): void => controller.abort();
          const heard: string[] = [];
          await using workspace = await emojiHost(candidate, { signal: controller.signal });
          const job = findLearningRateJob(workspace, {
            ...{ dataset, config: CONFIG, [moment]: abort },
            onDataset: () => heard.push("dataset"),
          });
          await expect(job).rejects.toMatchObject({ code: "cancelled" });
          expect(heard).toEqual(["dataset"]);
        }
      });

      it("refuses what cannot be found or split before any weights are opened", async () => {
        const asked: string[] = [];
        const lonely: Dataset = {
          ...{
            source: "pets",
            labels: ["cats", "dogs"],
            skipped: [],
            broken: [],
            notes: [],
            presplit: false,
          },
          images: [0, 1].map((label) => ({
            ...{ path: `${label}.png`, label, bytes: 1, hash: "0".repeat(64) },
            facts: { format: "png", width: 75, height: 75, perceptualHash: "0".repeat(16) },
          })),
        };
        const weights = randomTrunkWeights("mixed0");
        const workspace: Workspace = {
          ...testingWorkspace({ backend, dataset: lonely, weights }),
          async loadWeights() {
            asked.push("weights");
            return weights;
          },
        };
        const find = (dataset: string) => findLearningRateJob(workspace, { dataset, config: CONFIG });
        await expect(find("pets")).rejects.toMatchObject({ code: "bad-input" });
        await expect(find("nowhere")).rejects.toMatchObject({ code: "not-found" });
        expect(asked).toEqual([]);
      });
    });
  });
