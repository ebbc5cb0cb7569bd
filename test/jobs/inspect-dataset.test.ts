import { CoreError, type Dataset, inspectDatasetJob, parseTrainConfig } from "@graft/core";
import { createReferenceBackend, testingWorkspace } from "@graft/core/testing";
import { describe, expect, it } from "vitest";
import { randomTrunkWeights } from "../train/random-trunk.ts";
import { emojiHost } from "./emoji-host.ts";

const backend = createReferenceBackend();
const reference = { open: async () => backend };
const weights = randomTrunkWeights("mixed0");
const config = parseTrainConfig({ valSplit: 0.25, seed: 7 });

/** Each picture lies under both labels. */
const conflicting: Dataset = {
  ...{ source: "pets", labels: ["cats", "dogs"], skipped: [], broken: [], notes: [], presplit: false },
  images: Array.from({ length: 8 }, (_, at) => ({
    ...{ path: `${at}.png`, label: at % 2, bytes: 1, hash: `${at >> 1}`.padStart(64, "0") },
    facts: { format: "png", width: 75, height: 75, perceptualHash: `${at >> 1}`.repeat(16) },
  })),
};

describe("inspect", () => {
  it("reports on a data set and on the split that these options draw", async () => {
    await using workspace = await emojiHost(reference);
    const { report, refusal } = await inspectDatasetJob(workspace, { dataset: "emoji", config });
    expect(refusal).toBeUndefined();
    expect(report).toMatchObject({ source: "emoji", formats: { webp: report.images }, broken: [] });
    expect(report.classes.map(({ label, images }) => [label, images])).toEqual([
      ["animal", expect.any(Number)],
      ["food", expect.any(Number)],
      ["transport", expect.any(Number)],
    ]);
    expect(report.split).toMatchObject({ kind: "drawn", seed: 7, fraction: 0.25 });
    const { train = 0, validation = 0 } = report.split ?? {};
    expect(train + validation).toBe(report.unique);
    expect(validation / report.unique).toBeCloseTo(0.25, 1);
  });

  it("tells of all but the split where a training would refuse, and gives the refusal", async () => {
    const workspace = testingWorkspace({ backend, dataset: conflicting, weights });
    const { report, refusal } = await inspectDatasetJob(workspace, { dataset: "pets", config });
    expect(report).toMatchObject({ split: null, images: 8, unique: 4, conflicts: { length: 4 } });
    expect(refusal).toBeInstanceOf(CoreError);
    expect(refusal).toMatchObject({ code: "bad-input" });
  });

  it("hands on how the labels are to be found", async () => {
    const asked: unknown[] = [];
    const workspace = testingWorkspace({ backend, dataset: conflicting, weights });
    const openDataset: typeof workspace.openDataset = (name, request) => {
      asked.push(name, request);
      return workspace.openDataset(name, request);
    };
    const own = parseTrainConfig({ labelsFrom: "names", groupPrefix: true });
    await inspectDatasetJob({ openDataset }, { dataset: "pets", config: own });
    expect(asked).toEqual(["pets", { labelsFrom: "names", groupPrefix: true }]);
    await expect(inspectDatasetJob(workspace, { dataset: "gone", config })).rejects.toMatchObject({
      code: "not-found",
    });
  });

  it("stops looking at the images when the host wants it to", async () => {
    const controller = new AbortController();
    await using workspace = await emojiHost(reference, {
      signal: controller.signal,
      onEvent: ({ type }) => type === "scan" && controller.abort(),
    });
    await expect(inspectDatasetJob(workspace, { dataset: "emoji", config })).rejects.toMatchObject({
      code: "cancelled",
    });
  });
});
