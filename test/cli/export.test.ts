import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { writeModelFolder } from "@graft/core/node";
import { beforeAll, describe, expect, it } from "vitest";
import { randomWeights, sampleModel } from "../export/sample-model.ts";
import { graft, jsonLines, temporaryFolder } from "./run-graft.ts";

describe("graft export", () => {
  let home: string;
  let model: string;
  let out: string;
  beforeAll(async () => {
    home = await temporaryFolder("export");
    model = join(home, "a-model");
    out = join(home, "out");
    const sample = { recipe: "gap", labels: ["cat", "dog"], cut: "mixed0", size: 75 } as const;
    await writeModelFolder(sampleModel({ weights: randomWeights(), ...sample }), model);
  });

  it("writes a file, compares it on embedded images, and says by how much it differs", async () => {
    const path = join(out, "model.keras");
    const done = await graft(["export", model, "--format", "keras", "--out", path, "--json"], home);
    expect(done).toMatchObject({ code: 0, stderr: "" });
    const [line] = jsonLines(done.stdout);
    expect(line).toMatchObject({
      format: "keras",
      path,
      images: 8,
      comparedOn: "8 images of the embedded emoji set",
    });
    expect(line?.largestDifference).toBeLessThan(1e-4);
    expect((await stat(path)).size).toBeGreaterThan(1e5);
    const again = await graft(["export", model, "--format", "keras", "--out", path], home);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain("--force");
  });

  it("writes a folder, compared on images that are named", async () => {
    const path = join(out, "for-node");
    const emoji = join(import.meta.dirname, "../../packages/core/assets/emoji/food");
    const done = await graft(["export", model, "--format", "node", "--out", path, "--data", emoji], home);
    expect(done.code, done.stderr).toBe(0);
    expect(done.stdout).toMatch(
      /compared on 8 images of .*food: probabilities differ by at most (0|\d\.\de-\d+)\./,
    );
    expect((await readdir(path)).sort()).toEqual(
      ["README.md", "labels.json", "model.onnx", "package.json", "predict.mjs"].sort(),
    );
  });

  it.each([
    [["--format", "h5", "--out", "model.bin"], 2, /ends in \.h5.*Received: model\.bin/],
    [["--format", "pickle", "--out", "model.h5"], 2, /tfjs, h5, keras, onnx, onnx-int8, node, python/],
    [["--format", "h5"], 2, /--out/],
  ])("refuses %j as wrong usage", async (words, code, message) => {
    const refused = await graft(["export", model, ...words], home);
    expect(refused.code).toBe(code);
    expect(refused.stderr).toMatch(message);
  });
});
