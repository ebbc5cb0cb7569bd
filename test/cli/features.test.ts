import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseNpy } from "@graft/core";
import { writeNpy } from "@graft/core/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { picture } from "../dataset/workplace.ts";
import { graft, temporaryFolder } from "./run-graft.ts";

const PICTURES = 3;

let home = "";
beforeAll(async () => {
  home = await temporaryFolder("features");
  for (const folder of ["flat", "one/cats", "pair/cats", "pair/dogs"]) {
    await mkdir(join(home, folder), { recursive: true });
    for (let seed = 0; seed < PICTURES; seed++)
      await writeFile(join(home, folder, `${seed}.png`), await picture(seed));
  }
  await writeFile(join(home, "flat", "broken.jpg"), "Dear reader, this is text.");
});

async function written(
  name: string,
): Promise<{ readonly shape: readonly number[]; readonly beside: unknown }> {
  const { shape } = parseNpy(await readFile(join(home, `${name}.npy`)));
  return { shape, beside: JSON.parse(await readFile(join(home, `${name}.json`), "utf8")) };
}

describe("features", () => {
  it.each([
    ["a flat folder", "flat", "flat", ["0.png", "1.png", "2.png"]],
    ["a folder of one class", "one", "one", ["cats/0.png", "cats/1.png", "cats/2.png"]],
    ["a single image", "flat/1.png", "single", ["1.png"]],
  ])("are written of %s, without labels", async (_, input, name, paths) => {
    const words = ["features", join(home, input), "--out", join(home, `${name}.npy`), "--weights", "bundled"];
    const { code, stderr } = await graft(words, home);
    expect(code, stderr).toBe(0);
    const { shape, beside } = await written(name);
    expect(shape).toEqual([paths.length, 768]);
    expect(beside).toMatchObject({ labels: null, images: paths.map((path) => ({ path, label: null })) });
    if (input === "flat") expect(stderr).toMatch(/1 broken image left out: broken\.jpg/);
  });

  it("of an image are those that it has in a folder of classes", async () => {
    for (const [input, name] of [
      ["pair", "pair"],
      ["flat", "again"],
    ] as const) {
      const words = ["features", join(home, input), "--out", join(home, `${name}.npy`)];
      const { code, stderr } = await graft([...words, "--weights", "bundled"], home);
      expect(code, stderr).toBe(0);
    }
    const [pair, flat] = await Promise.all(
      ["pair", "again"].map(async (name) => parseNpy(await readFile(join(home, `${name}.npy`))).data),
    );
    expect(pair?.slice(0, PICTURES * 768)).toEqual(flat);
    expect((await written("pair")).beside).toMatchObject({ labels: ["cats", "dogs"] });
  });

  it("never replace the array that they are made of", async () => {
    const path = join(home, "images.npy");
    const bytes = writeNpy({ shape: [1, 75, 75, 3], data: new Uint8Array(75 * 75 * 3) });
    await writeFile(path, bytes);
    const { code, stderr } = await graft(
      ["features", path, "--out", path, "--force", "--weights", "bundled"],
      home,
    );
    expect(stderr).toMatch(/--out names the same file that graft reads/);
    expect(code).toBe(1);
    expect(new Uint8Array(await readFile(path))).toEqual(new Uint8Array(bytes));
  });
});

describe("a model in the data set's folder", () => {
  it("is refused before anything is trained", async () => {
    const out = join(home, "pair", "model");
    const { code, stderr } = await graft(["train", join(home, "pair"), "--out", out], home);
    expect(stderr).toMatch(/--out is inside the data set's folder/);
    expect(code).toBe(1);
    expect(existsSync(out)).toBe(false);
    expect(existsSync(join(home, "runs"))).toBe(false);
  });
});
