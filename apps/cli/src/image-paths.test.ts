import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { imagePaths } from "./image-paths.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "graft-paths-"));
  await mkdir(join(folder, "deep", "er"), { recursive: true });
  for (const name of ["b.jpg", "a.JPG", "notes.txt", "deep/er/c.png", "empty.md"])
    await writeFile(join(folder, name), "");
  await mkdir(join(folder, "none"));
});

describe("image paths", () => {
  it("takes a file as it is, whatever its name", async () => {
    expect(await imagePaths([join(folder, "notes.txt")])).toEqual([join(folder, "notes.txt")]);
  });

  it("takes the images of a folder at any depth, with any case of extension", async () => {
    expect(await imagePaths([folder])).toEqual(
      ["a.JPG", "b.jpg", "deep/er/c.png"].map((name) => join(folder, name)),
    );
  });

  it("expands a quoted pattern and names no file twice", async () => {
    expect(await imagePaths([`${folder}/*.jpg`, join(folder, "b.jpg")])).toEqual([
      join(folder, "a.JPG"),
      join(folder, "b.jpg"),
    ]);
  });

  it.each(["none", "missing.jpg", "*.gif"])("says what it was given when %s has no image", async (name) => {
    await expect(imagePaths([join(folder, name)])).rejects.toThrow(name);
  });
});
