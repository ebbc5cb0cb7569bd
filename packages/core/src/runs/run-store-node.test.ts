import { once } from "node:events";
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseTrainConfig } from "../config/parse-config.ts";
import type { TrainEvent } from "../events/events.ts";
import { newOwner, ownerTag } from "../files/owner-node.ts";
import { deadTag, otherProcess } from "../files/testing-node.ts";
import { nearNames } from "./near-names.ts";
import { isRunId, makeRunId } from "./run-id.ts";
import { type FolderRunStore, openRunStore } from "./run-store-node.ts";
import type { NewRun } from "./types.ts";

let home: string;
let store: FolderRunStore;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "graft-home-"));
  store = openRunStore(home);
});
afterEach(() => rm(home, { recursive: true, force: true }));

const HASH = "a".repeat(64);
const newRun: NewRun = {
  config: parseTrainConfig({ seed: 7, augment: {} }),
  datasetName: "Cats & Dogs",
  dataset: { images: 3 },
  split: {
    ...{ version: 1, kind: "drawn", seed: 7, fraction: 0.2, train: [HASH], validation: [], test: [] },
  },
  weights: { source: "bundled", origin: "nsfwjs", sha256: HASH, inputRange: [0, 1] },
  command: ["train", "cats"],
  out: "/models/cats",
  force: true,
};

const warning = (seq: number): TrainEvent => ({
  ...{ type: "warning", code: "broken-image", message: `image ${seq}`, run: "r", seq, time: 1 },
});
const end: TrainEvent = {
  ...{ type: "run-end", status: "completed", metrics: { valLoss: 0.5 }, keptEpoch: 1, epochs: 2 },
  ...{ seconds: 3, backend: "onnx:cpu", run: "r", seq: 9, time: 1 },
};

describe("a run store", () => {
  it("keeps what a run starts from", async () => {
    const { id, folder } = await store.create(newRun);
    expect(isRunId(id)).toBe(true);
    expect(id).toMatch(/^\d{8}-\d{6}-cats-dogs-[0-9a-f]{4}$/);
    const run = await openRunStore(home).open(id);
    expect(run.folder).toBe(folder);
    const { split, ...kept } = newRun;
    expect(run.split).toEqual(split);
    expect(run.record).toMatchObject({ ...kept, id, status: "created" });
    expect(await run.state()).toBe("created");
    expect(await readdir(folder)).toEqual(["run.json", "split.json"]);
  });

  it("keeps which image is of which class, and the order of the classes", async () => {
    const image = {
      label: 1,
      bytes: 1,
      facts: { format: "png", width: 1, height: 1, perceptualHash: "0" },
    } as const;
    const images = [
      { ...image, path: "2/a.png", hash: HASH },
      { ...image, path: "2/copy.png", hash: HASH },
      { ...image, path: "10/b.png", hash: "b".repeat(64), label: 0 },
    ];
    const { id, folder } = await store.create({ ...newRun, images: { labels: ["10", "2"], images } });
    const { images: kept, record } = await (await store.open(id)).beginning();
    expect(record.began).toEqual({
      ...{ config: expect.any(String), split: expect.any(String), classes: expect.any(String) },
      labels: ["10", "2"],
    });
    expect(kept.get(HASH)).toEqual({ path: "2/a.png", label: "2" });
    expect(kept.get("b".repeat(64))).toEqual({ path: "10/b.png", label: "10" });
    await writeFile(join(folder, "images.json"), "[");
    expect((await (await store.open(id)).beginning()).images.size).toBe(0);
  });

  it("keeps what is said of a run later, calls at once in their order", async () => {
    const run = await store.create(newRun);
    await Promise.all([
      run.updateRecord({
        status: "running",
        refusals: [{ id: "onnx:cuda", kind: "cuda", reason: "no GPU" }],
      }),
      run.updateRecord({ status: "completed", metrics: { valLoss: 0.25 }, model: "/somewhere" }),
    ]);
    const again = await store.open(run.id);
    expect(again.record).toEqual(run.record);
    expect(again.record).toMatchObject({
      ...{ status: "completed", metrics: { valLoss: 0.25 }, model: "/somewhere" },
      refusals: [{ id: "onnx:cuda", kind: "cuda", reason: "no GPU" }],
    });
    await run.updateRecord({ metrics: undefined });
    expect("metrics" in (await store.open(run.id)).record).toBe(false);
  });

  it("lists runs newest first, and a broken folder with its problem", async () => {
    expect(await store.list()).toEqual([]);
    const run = await store.create(newRun);
    await run.updateRecord({ status: "completed", metrics: { valAccuracy: 0.9 } });
    await mkdir(join(store.folder, "20010101-000000-old-aaaa"));
    await mkdir(join(store.folder, "99990101-000000-new-aaaa"));
    await writeFile(join(store.folder, "99990101-000000-new-aaaa", "run.json"), "{");
    const list = await store.list();
    expect(list.map(({ id, state }) => [id, state])).toEqual([
      ["99990101-000000-new-aaaa", "broken"],
      [run.id, "completed"],
      ["20010101-000000-old-aaaa", "broken"],
    ]);
    expect(list[0]?.problem).toContain("not JSON");
    expect(list[1]).toMatchObject({ metrics: { valAccuracy: 0.9 } });
  });

  it("names near ids when there is no such run, and looks nowhere outside its folder", async () => {
    const { id } = await store.create(newRun);
    await expect(store.open(id.slice(0, -1))).rejects.toMatchObject({
      code: "not-found",
      facts: { near: [id] },
    });
    await expect(store.open("something else")).rejects.toThrow(id);
    await writeFile(join(home, "run.json"), "{}");
    await expect(store.open("../")).rejects.toMatchObject({ code: "not-found" });
    await expect(store.remove("..")).rejects.toMatchObject({ code: "not-found" });
  });

  it("refuses a record of a newer graft and one that is none", async () => {
    const { id, folder } = await store.create(newRun);
    await writeFile(join(folder, "run.json"), '{"version": 2}');
    await expect(store.open(id)).rejects.toMatchObject({
      code: "unsupported",
      message: `${join(folder, "run.json")} was written by a newer graft. Received: version 2. Expected: version 1. Use that newer version of graft.`,
    });
    await writeFile(join(folder, "run.json"), '{"version": 1}');
    await expect(store.open(id)).rejects.toMatchObject({ code: "corrupt" });
  });

  it("refuses a split of a newer graft and one that is none", async () => {
    const { id, folder } = await store.create(newRun);
    const path = join(folder, "split.json");
    await writeFile(path, '{"version": 2}');
    await expect(store.open(id)).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining(`${path} was written by a newer graft.`),
    });
    await writeFile(path, '{"version": 1}');
    await expect(store.open(id)).rejects.toMatchObject({ code: "corrupt" });
  });

  it("removes a run, also a broken one, but none that is being worked on", async () => {
    const run = await store.create(newRun);
    const lock = await run.lock();
    await expect(store.remove(run.id)).rejects.toMatchObject({ code: "conflict" });
    await lock.release();
    await writeFile(join(run.folder, "run.json"), "{");
    await store.remove(run.id);
    expect(await store.list()).toEqual([]);
  });
});

describe("a run's events", () => {
  it("come back in order", async () => {
    const run = await store.create(newRun);
    const events = Array.from({ length: 20 }, (_, seq) => warning(seq));
    await Promise.all(events.map((event) => run.appendEvent(event)));
    expect(await (await store.open(run.id)).readEvents()).toEqual(events);
  });

  it("survive a last line that was cut off: it is passed over, and the next event gets its own", async () => {
    const run = await store.create(newRun);
    await run.appendEvent(warning(0));
    await appendFile(join(run.folder, "events.jsonl"), '{"type":"warning","code":"é');
    const again = await store.open(run.id);
    expect(await again.readEvents()).toEqual([warning(0)]);
    await again.appendEvent(warning(1));
    expect(await again.readEvents()).toEqual([warning(0), warning(1)]);
  });

  it("name the line that is no event", async () => {
    const run = await store.create(newRun);
    await writeFile(join(run.folder, "events.jsonl"), `${JSON.stringify(warning(0))}\n{"type":"none"}\n`);
    await expect(run.readEvents()).rejects.toThrow(/Line 2 of .*events\.jsonl/);
  });
});

describe("a run's state", () => {
  it("is interrupted when its process is gone without an end, and what the end says when it told one", async () => {
    const run = await store.create(newRun);
    await using lock = await run.lock();
    await run.updateRecord({ status: "running" });
    expect(await run.state()).toBe("running");
    expect((await store.list())[0]).toMatchObject({ state: "running", pid: process.pid });
    await lock.release();
    expect(await run.state()).toBe("interrupted");
    await run.appendEvent(warning(0));
    expect(await run.state()).toBe("interrupted");
    await run.appendEvent(end);
    expect(await run.state()).toBe("completed");
  });
});

describe("a run's lock", () => {
  it("is one process's alone, and names it to others", async () => {
    const run = await store.create(newRun);
    const { child, tag } = await otherProcess();
    await writeFile(join(run.folder, "lock"), tag);
    await expect(run.lock()).rejects.toMatchObject({ code: "conflict", facts: { pid: child.pid } });
    await expect(run.lock()).rejects.toThrow(String(child.pid));
    child.kill("SIGKILL");
    await once(child, "exit");
    await using _ = await run.lock();
    expect(await readFile(join(run.folder, "lock"), "utf8")).toContain(`-${process.pid}-`);
  });

  it.runIf(process.platform === "linux")(
    "is taken over when another process got the holder's number",
    async () => {
      const run = await store.create(newRun);
      await writeFile(join(run.folder, "lock"), ownerTag({ ...newOwner(), started: "1" }));
      await using _ = await run.lock();
    },
  );

  it("goes to exactly one of many who find a dead one", async () => {
    const run = await store.create(newRun);
    for (let round = 0; round < 300; round++) {
      await writeFile(join(run.folder, "lock"), deadTag());
      const tries = await Promise.allSettled(Array.from({ length: 6 }, () => run.lock()));
      const won = tries.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
      expect(won).toHaveLength(1);
      await won[0]?.release();
      expect(await readdir(run.folder)).toEqual(["run.json", "split.json"]);
    }
  });
});

describe("a lock whose taking over was cut short", () => {
  it("by a kill is taken over all the same, and nothing of it stays", async () => {
    const run = await store.create(newRun);
    const [holder, taker] = [deadTag(), deadTag()];
    await writeFile(join(run.folder, "lock"), holder);
    await writeFile(join(run.folder, `lock.after-${holder}`), taker);
    await writeFile(join(run.folder, `lock.${taker}`), taker);
    const lock = await run.lock();
    expect(await readdir(run.folder)).toEqual(["lock", "run.json", "split.json"]);
    await lock.release();
  });

  it("is left to the live process that is at it", async () => {
    const run = await store.create(newRun);
    const [holder, { child, tag }] = [deadTag(), await otherProcess()];
    await writeFile(join(run.folder, "lock"), holder);
    await writeFile(join(run.folder, `lock.after-${holder}`), tag);
    await expect(run.lock()).rejects.toMatchObject({ code: "conflict", facts: { pid: child.pid } });
    child.kill("SIGKILL");
    await once(child, "exit");
    await using _ = await run.lock();
  });

  it.each(["", "none/of/ours"])("goes over a file that is no lock of ours: %j", async (text) => {
    const run = await store.create(newRun);
    await writeFile(join(run.folder, "lock"), text);
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(join(run.folder, "lock"), longAgo, longAgo);
    await using _ = await run.lock();
  });
});

describe("names", () => {
  it("of runs sort by time and are safe in a shell", () => {
    const time = Date.UTC(2026, 10, 24, 15, 30, 12);
    const id = (name: string): string => makeRunId({ time, name, suffix: "a1b2" });
    expect(id("cats-dogs")).toBe("20261124-153012-cats-dogs-a1b2");
    expect(id("/data/Hunde & Kätzchen/")).toBe("20261124-153012-hunde-katzchen-a1b2");
    expect(id("C:\\bilder\\猫")).toBe("20261124-153012-a1b2");
    expect(id("$(rm -rf ~)".repeat(9)).length).toBeLessThan(60);
    for (const name of ["", "$(x)", "a".repeat(99)]) expect(isRunId(id(name))).toBe(true);
    for (const bad of ["", "..", "a/b", "-a", "a b"]) expect(isRunId(bad)).toBe(false);
  });

  it("that are near are those that contain it or are a few letters away", () => {
    const names = ["20261124-cats-a1b2", "20261124-dogs-a1b3", "20261124-birds-ffff"];
    expect(nearNames("a1b3", names)).toEqual(["20261124-dogs-a1b3"]);
    expect(nearNames("20261124-cots-a1b2", names)[0]).toBe("20261124-cats-a1b2");
    expect(nearNames("zebra", names)).toEqual([]);
  });
});
