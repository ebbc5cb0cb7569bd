import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { copyPhotos, graft, jsonLines, photos, temporaryFolder } from "./run-graft.ts";

let home = "";
let folder = "";
beforeAll(async () => {
  home = await temporaryFolder("datasets");
  folder = join(home, "sets");
  await mkdir(join(folder, "empty"), { recursive: true });
  await mkdir(join(folder, "one-class", "cats"), { recursive: true });
  const create = { width: 80, height: 60, channels: 3, background: "#204060" } as const;
  await sharp({ create })
    .jpeg()
    .toFile(join(folder, "one-class", "cats", "a.jpg"));
});

describe("a folder that is no data set", () => {
  it.each(["empty", "one-class"])("is refused with the tree that is expected: %s", async (name) => {
    const { code, stdout, stderr } = await graft(["train", join(folder, name), "--weights", "bundled"], home);
    expect(stderr).toContain(name);
    expect(stderr).toMatch(/cats|class/);
    expect(stderr.split("\n").length).toBeGreaterThan(4);
    expect(stderr).not.toMatch(/^ {4}at /m);
    expect(stdout).toBe("");
    expect(code).toBe(1);
  });
});

describe.skipIf(photos === undefined)("a folder with broken files", () => {
  let set = "";
  beforeAll(async () => {
    set = join(folder, "mixed");
    await copyPhotos(set, 10);
    await writeFile(join(set, "cats", "letter.jpg"), "Dear reader, this is text.");
    await writeFile(join(set, "cats", "notes.txt"), "not an image and not said to be one");
    await cp(join(set, "cats", "cat.1.jpg"), join(set, "dogs", "cat again.jpg"));
    const background = { r: 200, g: 10, b: 10 };
    await sharp({
      create: { width: 20_000, height: 20_000, channels: 3, background },
      limitInputPixels: false,
    })
      .png({ compressionLevel: 1 })
      .toFile(join(set, "dogs", "huge.png"));
  });

  it("is inspected: every file that is not used has its reason", async () => {
    const { code, stdout } = await graft(["inspect", set], home);
    expect(code).toBe(0);
    expect(stdout).toMatch(/cats\/letter\.jpg/);
    expect(stdout).toMatch(/dogs\/huge\.png/);
    expect(stdout).toMatch(/cat again\.jpg/);
    expect(stdout).toMatch(/notes\.txt/);
  });

  it("is inspected as one JSON object", async () => {
    const { stdout } = await graft(["inspect", set, "--json"], home);
    const [report, ...more] = jsonLines(stdout);
    expect(more).toEqual([]);
    expect(report).toMatchObject({ classes: [{ label: "cats" }, { label: "dogs" }], broken: { length: 2 } });
    expect(JSON.stringify(report)).toContain("letter.jpg");
  });

  it("trains on the others, and says in one line how many are not used and how to see which", async () => {
    const words = ["train", set, "--weights", "bundled", "--epochs", "2"];
    const { code, stderr } = await graft(words, home);
    expect(stderr.match(/^.*broken.*$/gm)).toEqual([expect.stringMatching(/2 .*inspect/)]);
    expect(code).toBe(0);
  });
});
