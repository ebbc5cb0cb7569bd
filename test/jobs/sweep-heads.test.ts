import {
  CoreError,
  type Dataset,
  parseTrainConfig,
  type SweepAxes,
  type SweepHeadsOptions,
  sweepHeadsJob,
  type Workspace,
} from "@graft/core";
import { testingWorkspace } from "@graft/core/testing";
import { describe, expect, it } from "vitest";
import { TEST_BACKENDS } from "../backends.ts";
import { describeOn } from "../open-or-skip.ts";
import { randomTrunkWeights } from "../train/random-trunk.ts";
import { emojiHost, someEmoji } from "./emoji-host.ts";

const PER_CLASS = 10;
const LABELS = ["animal", "food", "transport"];
const AXES: SweepAxes = {
  ...{
    recipes: ["gap"],
    sizes: [75],
    cuts: ["mixed1", "mixed0"],
    learningRates: [0.001, 0.01],
    seeds: [1, 2],
  },
};
const OPTIONS: Pick<SweepHeadsOptions, "axes" | "configOf"> = {
  axes: AXES,
  configOf: (recipe) => parseTrainConfig({ recipe, weights: "bundled", epochs: 2, batchSize: 8 }),
};
const weights = randomTrunkWeights("mixed0");
const pets: Dataset = {
  ...{ source: "pets", labels: ["cats", "dogs"], skipped: [], broken: [], notes: [], presplit: false },
  images: Array.from({ length: 8 }, (_, at) => ({
    ...{ path: `${at}.png`, label: at % 2, bytes: 1, hash: `${at}`.padStart(64, "0") },
    facts: { format: "png", width: 75, height: 75, perceptualHash: `${at}`.repeat(16) },
  })),
};

for (const candidate of TEST_BACKENDS.filter(({ id }) => id === "onnx:cpu"))
  await describeOn(candidate, (backend) => {
    describe("a sweep over heads", () => {
      it("compares every combination on real pictures and tells how far it is", async () => {
        await using workspace = await emojiHost(candidate);
        const labels: (readonly string[])[] = [];
        const phases: string[] = [];
        const { rows, recommended, reason, images } = await sweepHeadsJob(workspace, {
          ...{ ...OPTIONS, dataset: await someEmoji(PER_CLASS) },
          onDataset: (dataset) => labels.push(dataset.labels),
          onProgress: ({ phase, done, total }) => phases.push(`${phase} ${done}/${total}`),
        });
        expect(labels).toEqual([LABELS]);
        expect(images).toEqual({ train: 24, validation: 6 });
        expect(rows.map(({ cut, learningRate }) => `${cut} ${learningRate}`).sort()).toEqual([
          ...["mixed0 0.001", "mixed0 0.01", "mixed1 0.001", "mixed1 0.01"],
        ]);
        expect(rows).toContain(recommended);
        expect(reason).toMatch(/best|most accurate/);
        const heads = 8;
        const trained = Array.from({ length: heads }, (_, at) => `heads ${at + 1}/${heads}`);
        expect(phases.slice(-heads)).toEqual(trained);
        expect(phases.at(-heads - 1)).toBe("features 30/30");
      });

      it("opens what the first recipe says, with weights up to the last of the cuts", async () => {
        const asked: unknown[] = [];
        const workspace: Workspace = {
          ...testingWorkspace({ backend, dataset: pets, weights }),
          locate: (name) => ({ location: `/home/${name}`, shortName: name }),
          async openDataset(name, request) {
            asked.push(name, request);
            return testingWorkspace({ backend, dataset: pets, weights }).openDataset("pets", request);
          },
          loadWeights({ weights: named, cut }) {
            asked.push(named, cut);
            return Promise.reject(new CoreError("offline", { what: "No network." }));
          },
        };
        const configOf: SweepHeadsOptions["configOf"] = (recipe) =>
          parseTrainConfig({
            recipe,
            weights: recipe === "classic" ? "imagenet" : "bundled",
            groupPrefix: true,
          });
        const job = sweepHeadsJob(workspace, {
          ...{ dataset: "pets", configOf, axes: { ...AXES, recipes: ["classic", "gap"] } },
        });
        await expect(job).rejects.toMatchObject({ code: "offline" });
        const request = { groupPrefix: true, labelsFrom: undefined };
        expect(asked).toEqual(["/home/pets", request, "imagenet", "mixed1"]);
      });

      it("is refused of a data set that is not there, and without room for its features", async () => {
        const workspace: Workspace = {
          ...testingWorkspace({ backend, dataset: pets, weights }),
          features: () => Promise.reject(new CoreError("disk-full", { what: "No room." })),
        };
        const sweep = (dataset: string) => sweepHeadsJob(workspace, { ...OPTIONS, dataset });
        await expect(sweep("nowhere")).rejects.toMatchObject({ code: "not-found" });
        await expect(sweep("pets")).rejects.toMatchObject({ code: "disk-full" });
        for (const axis of ["recipes", "sizes", "cuts", "learningRates", "seeds"] as const) {
          const axes = { ...AXES, [axis]: [] };
          await expect(sweepHeadsJob(workspace, { ...OPTIONS, axes, dataset: "pets" })).rejects.toMatchObject(
            {
              ...{ code: "bad-input", parts: { received: `none of ${axis}` } },
            },
          );
        }
      });

      it("stops when the host wants it to, between two heads", async () => {
        const controller = new AbortController();
        await using workspace = await emojiHost(candidate, { signal: controller.signal });
        const heads: number[] = [];
        const job = sweepHeadsJob(workspace, {
          ...{ ...OPTIONS, dataset: await someEmoji(PER_CLASS) },
          onProgress: ({ phase, done }) => {
            if (phase === "features") return;
            heads.push(done);
            controller.abort();
          },
        });
        await expect(job).rejects.toMatchObject({ code: "cancelled" });
        expect(heads).toEqual([1]);
      });
    });
  });
