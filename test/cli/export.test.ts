import { cp, readdir, readFile, stat, writeFile } from "node:fs/promises";
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
    await writeModelFolder(sampleModel({ weights: randomWeights("mixed0"), ...sample }), model);
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

  describe("of a head with one sigmoid for two classes", () => {
    let classic: string;
    beforeAll(async () => {
      classic = join(home, "classic");
      const sample = { recipe: "classic", labels: ["cats", "dogs"], cut: "mixed0", size: 75 } as const;
      await writeModelFolder(
        sampleModel({ weights: randomWeights("mixed0"), ...sample, hidden: 8 }),
        classic,
      );
    });
    const exported = (name: string, ...more: string[]) =>
      graft(
        ["export", classic, "--format", name.split(".").at(-1) ?? "", "--out", join(out, name), ...more],
        home,
      );

    it("has one column a class and says so, in the file, beside it and on the screen", async () => {
      const done = await exported("two.h5");
      expect(done.stdout).toContain("2 columns, one for each class: cats, dogs.\n");
      expect(done.stdout).toContain(
        "has one column: the probability of dogs; that of cats is 1 minus it. --columns 1",
      );
      expect(done.stdout).toContain('Labels: in its attribute "labels" and in ');
      expect(JSON.parse(await readFile(join(out, "two.h5.json"), "utf8"))).toEqual({
        output: "2 columns, one for each class: cats, dogs",
        labels: ["cats", "dogs"],
        imageRule: { size: 75, fit: "stretch", resize: "bilinear" },
        inputRange: [-1, 1],
        graftVersion: "0.1.0",
      });
    });

    it("has the one of the training where that is asked for, and says what it is of", async () => {
      const text = await exported("one.keras", "--columns", "1");
      expect(text.stdout).toContain("One column: the probability of dogs; that of cats is 1 minus it.\n");
      const json = await exported("one.keras", "--columns", "1", "--force", "--json");
      expect(jsonLines(json.stdout)[0]).toMatchObject({
        ...{ labels: ["cats", "dogs"], columns: 1, facts: join(out, "one.keras.json") },
        output: "one column: the probability of dogs; that of cats is 1 minus it",
      });
    });

    it("is not written over what lies where its facts go", async () => {
      await writeFile(join(out, "mine.h5.json"), "mine");
      const refused = await exported("mine.h5");
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(/mine\.h5\.json.*--force/);
      await expect(stat(join(out, "mine.h5"))).rejects.toMatchObject({ code: "ENOENT" });
    });

    it("has one a class in ONNX, whatever is asked for", async () => {
      const refused = await exported("a.onnx", "--columns", "1");
      expect(refused.code).toBe(2);
      expect(refused.stderr).toMatch(/onnx always has one column for each class\. Received: 1\. Expected: 2/);
      const done = await exported("a.onnx");
      expect(done.stdout).toContain("2 columns, one for each class: cats, dogs.\n");
      expect(done.stdout).not.toContain("--columns");
    });

    it("is not narrowed from a softmax", async () => {
      const words = ["export", model, "--format", "h5", "--out", join(out, "no.h5"), "--columns", "1"];
      const refused = await graft(words, home);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(/cannot be written with one column: .* softmax of 2/);
    });
  });

  it("puts no folder into the data set that it is compared on, where it would be a class", async () => {
    const data = join(home, "data");
    await cp(join(import.meta.dirname, "../../packages/core/assets/emoji"), data, { recursive: true });
    const words = ["export", model, "--format", "tfjs", "--out", join(data, "tfjs"), "--data", data];
    const refused = await graft(words, home);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /--out is inside the data set's folder, where the export would look like a class of images/,
    );
    expect(await readdir(data)).not.toContain("tfjs");
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
