import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { copyPhotos, graft, jsonLines, photos, SMALL_TRUNK, temporaryFolder } from "./run-graft.ts";

// a head that has hardly learned anything, so that the tail's epochs are the better ones on every processor
const HEAD = [...SMALL_TRUNK, "--epochs", "1", "--learning-rate", "1e-6"];
const TAIL = ["--fine-tune", "mixed2", "--fine-tune-epochs", "3", "--fine-tune-learning-rate", "1e-3"];

let home = "";
let set = "";
let model = "";
describe.skipIf(photos === undefined)("graft train --fine-tune", () => {
  let events: Record<string, unknown>[];
  beforeAll(async () => {
    home = await temporaryFolder("fine-tune");
    set = join(home, "photos");
    model = join(home, "model");
    await copyPhotos(set, 10);
    const words = ["train", set, ...HEAD, ...TAIL, "--json", "--out", model];
    const { code, stdout, stderr } = await graft(words, home);
    expect(code, stderr).toBe(0);
    events = jsonLines(stdout);
  });

  it("trains the head, then the tail, and keeps the best epoch of both with the trunk that goes with it", async () => {
    const phases = events.filter(({ type }) => type === "phase-start").map(({ phase }) => phase);
    expect(phases).toEqual(["scan", "trunk", "features", "head", "fine-tune", "save"]);
    const epochs = events.filter(({ type }) => type === "epoch-end").map(({ epoch }) => epoch);
    expect(epochs).toEqual([1, 2, 3, 4]);
    const end = events.at(-1);
    expect(end).toMatchObject({ type: "run-end", status: "completed", epochs: 4 });
    expect(Number(end?.keptEpoch)).toBeGreaterThan(1);
    const manifest = JSON.parse(await readFile(join(model, "graft.json"), "utf8"));
    expect(manifest).toMatchObject({ fineTuned: "mixed2", metrics: end?.metrics });
  });

  it("makes a model that evaluate finds as good as the training said, and that predicts alike when exported", async () => {
    const { stdout } = await graft(["evaluate", model, set, "--json"], home);
    expect(jsonLines(stdout)[0]?.accuracy).toBe(Object(events.at(-1)?.metrics).valAccuracy);
    const words = ["export", model, "--format", "onnx", "--out", join(home, "model.onnx"), "--json"];
    const { code, stdout: told, stderr } = await graft(words, home);
    expect(code, stderr).toBe(0);
    expect(jsonLines(told)[0]?.largestDifference).toBeLessThan(1e-5);
  });

  it("says before any work that its splits cannot be compared", async () => {
    const { code, stderr } = await graft(["evaluate", model, set, "--split-gap"], home);
    expect(code).toBe(1);
    expect(stderr).toMatch(/cannot be measured with a fine-tuned model.*Leave out --split-gap/);
    expect(stderr).not.toContain("Evaluating on");
  });

  it.each([
    [["--fine-tune", "mixed11"], /--fine-tune: .*mixed11/],
    [["--fine-tune", "mixed3"], /--fine-tune: .*mixed3.*mixed2/],
    [["--fine-tune-epochs", "3"], /--fine-tune-epochs: it has no effect without --fine-tune LAYER/],
  ])("refuses %j before any work", async (words, message) => {
    const { code, stderr } = await graft(["train", set, ...HEAD, ...words], home);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});
