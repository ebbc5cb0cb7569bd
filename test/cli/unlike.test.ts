import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { picture } from "../dataset/workplace.ts";
import { graft, jsonLines, ROOT, SMALL_TRUNK, temporaryFolder } from "./run-graft.ts";

const EMOJI = join(ROOT, "packages/core/assets/emoji");
const CLASSES = ["animal", "food"];
const PER_CLASS = 60;
const UNLIKE = "like nothing it learned from";
const BACKEND = ["--backend", "cpu"];

let home = "";
let model = "";
/** An emoji of the same kinds that the training has not seen, and patches of colour. */
let own = "";
let noise = "";
beforeAll(async () => {
  home = await temporaryFolder("unlike");
  const set = join(home, "set");
  for (const label of CLASSES) {
    await mkdir(join(set, label), { recursive: true });
    const names = (await readdir(join(EMOJI, label))).sort();
    for (const name of names.slice(0, PER_CLASS)) await cp(join(EMOJI, label, name), join(set, label, name));
    own = join(EMOJI, label, names[PER_CLASS + 1] ?? "");
  }
  noise = join(home, "noise.png");
  await writeFile(noise, await picture(1));
  model = join(home, "model");
  const { code, stderr } = await graft(["train", set, "--out", model, ...SMALL_TRUNK, ...BACKEND], home);
  expect(code, stderr).toBe(0);
  await rm(set, { recursive: true }); // a model goes where its training's images are not
});

describe("a trained model", () => {
  it("says beside its answer what is like nothing it learned from", async () => {
    const { stdout, code } = await graft(["predict", model, own, noise, ...BACKEND], home);
    expect(code).toBe(0);
    const [head = "", first = "", second = ""] = stdout.split("\n");
    expect(head).toMatch(/^image .* note$/);
    expect(first).not.toContain(UNLIKE);
    expect(second).toMatch(new RegExp(`noise\\.png .* ${UNLIKE}$`));
  });

  it("says it in JSON and CSV", async () => {
    const json = await graft(["predict", model, own, noise, "--json", ...BACKEND], home);
    const { likeness } = JSON.parse(await readFile(join(model, "graft.json"), "utf8"));
    expect(jsonLines(json.stdout)).toMatchObject([{ unlike: false }, { unlike: true }]);
    for (const { distance, unlike } of jsonLines(json.stdout))
      expect(Number(distance) > likeness.threshold).toBe(unlike);
    const broken = join(home, "broken.png");
    await writeFile(broken, "no image");
    const csv = await graft(["predict", model, own, noise, broken, "--csv", ...BACKEND], home);
    const rows = csv.stdout.trim().split(/\r?\n/);
    expect(rows.map((row) => row.split(",").at(-1))).toEqual(["unlike", "false", "true", ""]);
  });

  it("is evaluated by the same rule, without any image of its training", async () => {
    const other = join(home, "other");
    for (const label of CLASSES) await mkdir(join(other, label), { recursive: true });
    await cp(own, join(other, "food", "own.webp"));
    await cp(noise, join(other, "animal", "noise.png"));
    const { stdout, code } = await graft(["evaluate", model, other, "--json", ...BACKEND], home);
    expect(code).toBe(0);
    const [said = {}] = jsonLines(stdout);
    expect(said.unlikeTraining).toMatchObject({
      ...{ rule: "model", usual: 0.95 },
      images: [{ path: "animal/noise.png", distance: expect.any(Number) }],
    });
    const text = await graft(["evaluate", model, other, ...BACKEND], home);
    expect(text.stdout).toContain(
      "Like nothing it learned from: 1 of 2 (5 in 100 ordinary pictures are flagged too)",
    );
  });
});
