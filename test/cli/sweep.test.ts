import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { isLong } from "../long.ts";
import { copyPhotos, graft, jsonLines, photos, SMALL_TRUNK, temporaryFolder } from "./run-graft.ts";

const AXES = ["--cuts", "mixed0,mixed2", "--sizes", "75", "--learning-rates", "0.001,0.01", "--seeds", "2"];
const COURSE = ["--weights", "bundled", "--epochs", "3", ...AXES];

let home = "";
let set = "";
describe.skipIf(photos === undefined)("graft sweep", () => {
  beforeAll(async () => {
    home = await temporaryFolder("sweep");
    set = join(home, "photos");
    await copyPhotos(set, 10);
  });

  it("compares every combination over its seeds and recommends one of them", async () => {
    const { code, stdout } = await graft(["sweep", set, ...COURSE, "--json"], home);
    expect(code).toBe(0);
    const [result] = jsonLines(stdout);
    const rows = result?.rows as Record<string, unknown>[];
    const combinations = rows.map(({ cut, learningRate }) => `${cut} ${learningRate}`).sort();
    expect(combinations).toEqual(["mixed0 0.001", "mixed0 0.01", "mixed2 0.001", "mixed2 0.01"]);
    for (const row of rows) {
      expect(row).toMatchObject({ recipe: "gap", size: 75, diverged: 0 });
      const { mean, deviation } = row.accuracy as { mean: number; deviation: number };
      expect(mean).toBeGreaterThan(0);
      expect(deviation).toBeLessThanOrEqual(1);
      expect(row.predictMs).toBeGreaterThan(0);
    }
    const bytes = (cut: string) => Number(rows.find((row) => row.cut === cut)?.modelBytes);
    expect(bytes("mixed2")).toBeGreaterThan(bytes("mixed0"));
    expect(rows).toContainEqual(result?.recommended);
    expect(result?.images).toEqual({ train: 16, validation: 4 });
  });

  it("trains on the features that a sweep left, and a sweep's heads are those of train", async () => {
    const entries = async () =>
      jsonLines((await graft(["cache", "show", "--json"], home)).stdout)[0]?.entries;
    const before = await entries();
    expect(before).toBe(2 * 20);
    const words = ["--cut", "mixed2", "--size", "75", "--learning-rate", "0.01", "--epochs", "3"];
    const { stdout } = await graft(["train", set, "--weights", "bundled", ...words, "--json"], home);
    const events = jsonLines(stdout);
    expect(await entries()).toBe(before);
    const one = await graft(["sweep", set, ...COURSE, "--seeds", "1", "--json"], home);
    const rows = jsonLines(one.stdout)[0]?.rows as Record<string, unknown>[];
    const row = rows.find(({ cut, learningRate }) => cut === "mixed2" && learningRate === 0.01);
    const end = events.at(-1) as { metrics: { valAccuracy: number; valLoss: number } };
    expect(row).toMatchObject({
      accuracy: { mean: end.metrics.valAccuracy },
      loss: { mean: end.metrics.valLoss },
    });
  });

  it("tells people the table, the choice and the command", async () => {
    const { stdout } = await graft(["sweep", set, ...COURSE], home);
    expect(stdout).toMatch(/cut +learning rate +validation +loss +model +predict/);
    expect(stdout).toMatch(/→ +mixed[02] +0\.01? .*±/);
    expect(stdout).toMatch(
      /Train it with: .*train .* --cut mixed[02] --learning-rate 0\.01? --weights bundled --epochs 3/,
    );
  });

  it.each([
    [["--cuts", "mixed7,mixed11"], /--cuts: expected names from mixed0/],
    [["--learning-rates", "0.1,fast"], /--learning-rates: expected numbers .* Received: 0\.1,fast/],
    [["--sizes", "74"], /--sizes: expected whole numbers from 75/],
    [["--seeds", "0"], /--seeds: expected whole numbers from 1/],
    [["--recipes", "gap,big"], /--recipes: expected names from gap, classic/],
  ])("refuses %j before any work", async (words, message) => {
    const { code, stderr } = await graft(["sweep", set, ...words], home);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it("finds a learning rate that hardly depends on the seed, sgd and small batches too", async () => {
    const words = ["lr-find", set, ...SMALL_TRUNK];
    const rates: number[] = [];
    for (const seed of ["1", "2"]) {
      const more = ["--batch-size", "4", "--optimizer", "sgd", "--seed", seed, "--json"];
      const { code, stdout, stderr } = await graft([...words, ...more], home);
      expect(code, stderr).toBe(0);
      rates.push(Number(jsonLines(stdout)[0]?.learningRate));
    }
    expect(Math.max(...rates) / Math.min(...rates)).toBeLessThan(5);
    expect(Math.min(...rates)).toBeGreaterThan(3e-4);
  });

  // graft sweep --seeds 3 on these photos: from 0.001 to 0.05 all are within 0.022 of the best accuracy, 0.2 is 0.04 below
  it.each(isLong ? ["1", "2", "4", "5"] : ["1"])(
    "finds on photos a rate that trains well, with seed %s",
    async (seed) => {
      const words = ["lr-find", photos ?? "", "--weights", "bundled", "--json", "--seed", seed];
      const { code, stdout, stderr } = await graft(words, home);
      expect(code, stderr).toBe(0);
      const [found] = jsonLines(stdout);
      expect(found?.learningRate).toBeGreaterThanOrEqual(0.003);
      expect(found?.learningRate).toBeLessThanOrEqual(0.05);
    },
  );

  it("finds a learning rate and draws the curve", async () => {
    const words = ["lr-find", set, ...SMALL_TRUNK, "--batch-size", "8"];
    const { code, stdout } = await graft([...words, "--json"], home);
    expect(code).toBe(0);
    const { curve, learningRate } = jsonLines(stdout)[0] as {
      curve: { learningRate: number; loss: number }[];
      learningRate: number;
    };
    expect(curve.length).toBeGreaterThan(20);
    expect(learningRate).toBeGreaterThan(1e-5);
    expect(learningRate).toBeLessThan(1);
    const shown = await graft(words, home);
    expect(shown.stdout).toContain(`The loss falls fastest at ${learningRate}.`);
    expect(shown.stdout).toMatch(/--weights bundled --cut mixed2 --size 75 --batch-size 8/);
  });
});
