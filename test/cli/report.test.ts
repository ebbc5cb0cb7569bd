import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseTrainConfig, type Split, splitHash } from "@graft/core";
import { openRunStore, writeModelFolder } from "@graft/core/node";
import { beforeAll, describe, expect, it } from "vitest";
import { picture } from "../dataset/workplace.ts";
import { randomWeights, sampleModel } from "../export/sample-model.ts";
import { graft, jsonLines, temporaryFolder } from "./run-graft.ts";

const isWindows = process.platform === "win32";
/** A class that a page must not obey; Windows takes no such name. */
const EVIL = isWindows ? "dogs" : `<script>alert('x')<`;

let home = "";
let model = "";
const hashOf = async (path: string): Promise<string> =>
  createHash("sha256")
    .update(await readFile(path))
    .digest("hex");

beforeAll(async () => {
  home = await temporaryFolder("report");
  const photos = join(home, "photos");
  const [train, validation]: [string[], string[]] = [[], []];
  let seed = 0;
  for (const label of [EVIL, "cats"]) {
    await mkdir(join(photos, label), { recursive: true });
    for (let i = 0; i < 26; i++) {
      const path = join(photos, label, `${i}.png`);
      await writeFile(path, await picture(seed++));
      (i < 14 ? train : validation).push(await hashOf(path));
    }
  }
  // the same file in both classes' folders would be a conflict; two names in one class are one picture twice
  await cp(join(photos, "cats", "20.png"), join(photos, "cats", "copy.png"));
  const split: Split = {
    ...{ version: 1, kind: "drawn", seed: 1, fraction: 0.4, test: [] },
    ...{ train: train.sort(), validation: validation.sort() },
  };
  const options = { weights: randomWeights("mixed0"), recipe: "gap", cut: "mixed0", size: 75 } as const;
  const sample = sampleModel({ ...options, labels: [EVIL, "cats"].sort(), trainedOn: train });
  const { weights } = sample;
  const config = parseTrainConfig({ cut: "mixed0", size: 75 });
  const run = await openRunStore(home).create({
    config,
    datasetName: "photos",
    dataset: { location: photos },
    split,
    weights,
  });
  for (const epoch of [1, 2, 3]) {
    const base = { run: run.id, seq: epoch - 1, time: 0, epochs: 3, seconds: 1, best: true };
    const numbers = { loss: 1 / epoch, accuracy: 0.5, valLoss: 0.9, valAccuracy: 0.5 };
    await run.appendEvent({ type: "epoch-end", epoch, ...base, ...numbers });
  }
  await run.updateRecord({ keptEpoch: 2 });
  const manifest = { ...sample.manifest, run: run.id, splitHash: await splitHash(split) };
  model = await writeModelFolder({ ...sample, manifest }, join(home, "model"));
});

describe("graft evaluate --report", () => {
  it("writes one page with all that --json says, and never over another file", async () => {
    const report = join(home, "report.html");
    const words = ["evaluate", model, join(home, "photos"), "--report", report];
    const { code, stdout, stderr } = await graft([...words, "--json", "--precision-target", "60%"], home);
    expect(stderr).toContain("25 validation images");
    expect(code).toBe(0);
    const [said = {}] = jsonLines(stdout);
    expect(said).toMatchObject({
      ...{ images: 25, part: "validation", seenInTraining: 0, report },
      ...{ accuracyInterval: [expect.any(Number), expect.any(Number)], auc: expect.any(Number) },
      notSure: { target: 0.6 },
      calibration: { before: { ece: expect.any(Number) }, temperature: expect.any(Number) },
      unlikeTraining: { compared: 28, threshold: expect.any(Number), images: expect.any(Array) },
    });
    const copies = { by: "content", across: false };
    const paths = ["cats/20.png", "cats/copy.png"].map((path) => ({
      path,
      label: "cats",
      part: "validation",
    }));
    expect(said.nearDuplicates).toContainEqual({ ...copies, images: paths });

    const page = await readFile(report, "utf8");
    expect(page).not.toMatch(/<script|https?:/);
    if (!isWindows) expect(page).toContain("&lt;script&gt;alert(&#39;x&#39;)&lt;");
    expect(page).toContain("<polyline"); // the run's curves among them
    expect(page).toContain("How it was trained");
    expect(page).toContain(">kept</text>");
    expect(page).toContain("cats/copy.png");
    expect(page.match(/src="data:image\/webp;base64,/g)?.length).toBeGreaterThan(10);
    expect(page).toContain('alt="heat map of');

    const before = await hashOf(report);
    const again = await graft(words, home);
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(/There is already something at --report.*--force/);
    expect(await hashOf(report)).toBe(before);
    expect((await readdir(home)).filter((name) => name.startsWith("report"))).toEqual(["report.html"]);
  });

  it("finds the training's images in the run's data set when another one is evaluated", async () => {
    const other = join(home, "other");
    for (const [i, label] of [EVIL, "cats"].entries()) {
      await mkdir(join(other, label), { recursive: true });
      for (let image = 0; image < 3; image++)
        await writeFile(join(other, label, `${image}.png`), await picture(500 + 10 * i + image));
    }
    const { code, stdout } = await graft(["evaluate", model, other, "--json"], home);
    expect(code).toBe(0);
    const [said = {}] = jsonLines(stdout);
    expect(said.unlikeTraining).toMatchObject({ compared: 28 });
    expect(said).toMatchObject({ part: "all", calibration: { after: null, temperature: null } });
  });
});
