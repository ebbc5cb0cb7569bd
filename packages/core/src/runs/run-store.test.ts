import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Checkpoint } from "../checkpoint/types.ts";
import { parseTrainConfig } from "../config/parse-config.ts";
import type { TrainEvent } from "../events/events.ts";
import type { Folder } from "../files/folder.ts";
import { nodeFolder } from "../files/folder-node.ts";
import { memoryFolder } from "../files/memory-folder.ts";
import { createRunStore, type RunsInFolder } from "./run-store.ts";
import type { NewRun } from "./types.ts";

const HASH = "a".repeat(64);
const newRun: NewRun = {
  config: parseTrainConfig({ seed: 7, augment: {} }),
  datasetName: "Cats & Dogs",
  split: {
    ...{ version: 1, kind: "drawn", seed: 7, fraction: 0.2, train: [HASH], validation: [], test: [] },
  },
  weights: { source: "bundled", origin: "nsfwjs", sha256: HASH, inputRange: [0, 1] },
};
const warning = (seq: number): TrainEvent => ({
  ...{ type: "warning", code: "broken-image", message: `image ${seq}`, run: "r", seq, time: 1 },
});
const end: TrainEvent = {
  ...{ type: "run-end", status: "completed", metrics: { valLoss: 0.5 }, keptEpoch: 1, epochs: 2 },
  ...{ seconds: 3, backend: "onnx:cpu", run: "r", seq: 9, time: 1 },
};
const checkpoint: Checkpoint = {
  version: 1,
  hashes: { config: "c", split: "s", weights: "w", features: "f" },
  options: {},
  backend: { id: "onnx:cpu", engineVersion: "1.30.0" },
  phase: { name: "head", epoch: 0, step: 0 },
  ...{ partial: null, epoch: 1, step: 7, seconds: 1.5, history: [{ loss: 0.5 }], best: null },
  parameters: new Map([["predictions/kernel", Float32Array.of(0.1, -2, 1 / 3)]]),
};
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "graft-runs-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe.each([
  ["a directory", () => nodeFolder(join(root, "runs"))],
  ["memory", () => memoryFolder()],
])("a run store over %s", (_name, open) => {
  let folder: Folder;
  let store: RunsInFolder;
  beforeEach(() => {
    folder = open();
    store = createRunStore(folder);
  });
  afterEach(() => folder.clear());

  it("keeps a run's beginning, record, events and checkpoint for another store over the folder", async () => {
    const image = { label: 0, bytes: 1, path: "1/a.png", hash: HASH };
    const facts = { format: "png", width: 1, height: 1, perceptualHash: "0" } as const;
    const run = await store.create({
      ...newRun,
      images: { labels: ["1"], images: [{ ...image, facts }] },
    });
    await Promise.all([
      run.updateRecord({ status: "running" }),
      run.updateRecord({ status: "completed", metrics: { valLoss: 0.25 } }),
    ]);
    await Promise.all([0, 1, 2].map((seq) => run.appendEvent(warning(seq))));
    await run.checkpoints.save(checkpoint);

    const again = await createRunStore(folder).open(run.id);
    expect(again.split).toEqual(newRun.split);
    expect(again.record).toEqual(run.record);
    expect(again.record).toMatchObject({ status: "completed", metrics: { valLoss: 0.25 } });
    expect((await again.beginning()).images.get(HASH)).toEqual({ path: "1/a.png", label: "1" });
    expect(await again.readEvents()).toEqual([0, 1, 2].map(warning));
    expect(await again.checkpoints.load()).toEqual(checkpoint);
    await again.checkpoints.clear();
    expect((await folder.folder(run.id).list()).map(({ name }) => name).sort()).toEqual([
      ...["events.jsonl", "images.json", "run.json", "split.json"],
    ]);
  });

  it("passes over a last event that was cut off, and gives the next one its own line", async () => {
    const { id } = await store.create(newRun);
    await folder.append(`${id}/events.jsonl`, utf8(`${JSON.stringify(warning(0))}\n{"type":"warn`));
    const run = await store.open(id);
    expect(await run.readEvents()).toEqual([warning(0)]);
    await run.appendEvent(warning(1));
    expect(await run.readEvents()).toEqual([warning(0), warning(1)]);
  });

  it("lists runs newest first, a broken one with its problem, and how each stands", async () => {
    expect(await store.list()).toEqual([]);
    const run = await store.create(newRun);
    await folder.replace("99990101-000000-new-aaaa/run.json", [utf8("{")]);
    const states = async (): Promise<unknown[]> => (await store.list()).map(({ state }) => state);
    expect(await states()).toEqual(["broken", "created"]);
    expect((await store.list())[0]?.problem).toContain("not JSON");
    await using lock = await run.lock();
    await run.updateRecord({ status: "running" });
    expect(await states()).toEqual(["broken", "running"]);
    await lock.release();
    expect(await states()).toEqual(["broken", "interrupted"]);
    await run.appendEvent(end);
    expect(await states()).toEqual(["broken", "completed"]);
  });

  it("lets one at a time work on a run, and removes none that is worked on", async () => {
    const run = await store.create(newRun);
    const lock = await run.lock();
    await expect((await store.open(run.id)).lock()).rejects.toMatchObject({ code: "conflict" });
    await expect(store.remove(run.id)).rejects.toMatchObject({ code: "conflict" });
    await lock.release();
    await store.remove(run.id);
    expect(await store.list()).toEqual([]);
    await expect(store.open(run.id)).rejects.toMatchObject({ code: "not-found" });
  });

  it("makes a run under an id that is given, once", async () => {
    const id = "20261124-153012-cats-a1b2";
    expect((await store.create({ ...newRun, id })).id).toBe(id);
    await expect(store.create({ ...newRun, id })).rejects.toMatchObject({ code: "conflict" });
    expect((await store.open(id)).record.id).toBe(id);
  });

  it("looks nowhere outside its folder", async () => {
    await store.create(newRun);
    for (const id of ["..", "../", "", "a/b"])
      await expect(store.open(id)).rejects.toMatchObject({ code: "not-found" });
  });
});
