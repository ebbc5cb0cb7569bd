import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { nodeDecoder, writeModelFolder } from "@graft/core/node";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
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
  const options = { weights: randomWeights(), recipe: "gap", cut: "mixed0", size: 75 } as const;
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
    expect(again.stderr).toMatch(/There is a heat map of that name.*--force/);
    expect(await readdir(out)).toHaveLength(2);
  });
});
