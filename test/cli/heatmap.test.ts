import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeModelFolder } from "@graft/core/node";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { nodeDecoder } from "../../packages/core/src/image/decode-node.ts";
import { randomWeights, sampleModel } from "../export/sample-model.ts";
import { graft, jsonLines, temporaryFolder } from "./run-graft.ts";

let home = "";
let model = "";
beforeAll(async () => {
  home = await temporaryFolder("heatmap");
  for (const [folder, side] of [
    ["cats", 90],
    ["dogs", 110],
  ] as const) {
    await mkdir(join(home, "photos", folder), { recursive: true });
    const noise = { type: "gaussian", mean: 128, sigma: 60 } as const;
    const image = sharp({
      create: { width: 2 * side, height: side, channels: 3, background: "#888", noise },
    });
    await writeFile(join(home, "photos", folder, "1.png"), await image.png().toBuffer());
  }
  const options = { weights: randomWeights("mixed0"), recipe: "gap", cut: "mixed0", size: 75 } as const;
  model = await writeModelFolder(sampleModel({ ...options, labels: ["cats", "dogs"] }), join(home, "model"));
});

describe("graft predict --heatmap", () => {
  it("writes a PNG of each picture in its own proportions, and the answers that it gives without", async () => {
    const out = join(home, "maps");
    const words = ["predict", model, join(home, "photos"), "--json"];
    const [plain, mapped] = [await graft(words, home), await graft([...words, "--heatmap", out], home)];
    expect(mapped.code).toBe(0);
    const [expected, answers] = [jsonLines(plain.stdout), jsonLines(mapped.stdout)];
    expect(answers.map(({ label }) => label)).toEqual(expected.map(({ label }) => label));
    expect(answers.map(({ heatmap }) => heatmap)).toEqual(
      ["1.heatmap.png", "1.heatmap-2.png"].map((name) => join(out, name)),
    );
    for (const { heatmap } of answers) {
      const { width, height, data } = await nodeDecoder.decode(await readFile(String(heatmap)));
      expect([width, height]).toEqual([512, 256]);
      // the pictures are nearly grey; what is hot is not
      const isColoured = data.some((red, i) => i % 3 === 0 && Math.abs(red - (data[i + 2] ?? 0)) > 120);
      expect(isColoured).toBe(true);
    }

    const again = await graft([...words, "--heatmap", out], home);
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(/There is already a heat map of that name.*--force/);
    expect(await readdir(out)).toHaveLength(2);
  });

  it("gives two pictures two names also on a disk that takes A for a", async () => {
    const out = join(home, "names");
    await mkdir(join(home, "twins"));
    for (const [from, to] of [
      ["cats", "A.png"],
      ["dogs", "a.jpg"],
    ] as const)
      await copyFile(join(home, "photos", from, "1.png"), join(home, "twins", to));
    const done = await graft(["predict", model, join(home, "twins"), "--heatmap", out], home);
    expect(done.code, done.stderr).toBe(0);
    expect((await readdir(out)).sort()).toEqual(["A.heatmap.png", "a.heatmap-2.png"]);
  });

  it.each([
    ["the folder that was given", ["photos"], "photos"],
    ["a class", ["photos/cats"], "photos/cats"],
    ["a new class beside it", ["photos/cats/1.png"], "photos/maps"],
  ])("writes none into %s, where a training would take them", async (_, words, folder) => {
    const before = await readdir(join(home, "photos"), { recursive: true });
    const images = words.map((word) => join(home, word));
    const refused = await graft(["predict", model, ...images, "--heatmap", join(home, folder)], home);
    expect([refused.code, refused.stdout]).toEqual([1, ""]);
    expect(refused.stderr).toMatch(
      /--heatmap is in .*would look like images of a class.*Choose another folder/,
    );
    expect(await readdir(join(home, "photos"), { recursive: true })).toEqual(before);
  });
});
