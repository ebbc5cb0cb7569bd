import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imagePaths } from "./image-paths.ts";

/** The first bytes of a PNG: what it is chosen by. */
const PNG = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");

let root = "";
let folder = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "graft-paths-"));
  folder = join(root, "photos");
  await mkdir(join(folder, "deep", "er"), { recursive: true });
  for (const name of ["b.jpg", "a.JPG", "deep/er/c.png", "deep/no ending", ".hidden.jpg"])
    await writeFile(join(folder, name), PNG);
  await writeFile(join(folder, "notes.txt"), "text");
  await writeFile(join(folder, "letter.jpg"), "text");
  await mkdir(join(root, "none"));
  await mkdir(join(root, "notes"));
  await writeFile(join(root, "notes", "a.txt"), "text");
});
afterAll(() => rm(root, { recursive: true, force: true }));

const namesOf = async (...words: string[]): Promise<string[]> =>
  (await imagePaths(words)).images.map(({ path }) => path.replaceAll("\\", "/"));
const inside = (names: readonly string[]): string[] => names.map((name) => join(folder, name));

describe("image paths", () => {
  it("takes a file as it is, whatever its name", async () => {
    expect(await namesOf(join(folder, "notes.txt"))).toEqual([join(folder, "notes.txt")]);
  });

  it("takes the images of a folder at any depth by what they hold, in order", async () => {
    const { images, skipped } = await imagePaths([folder]);
    expect(images.map(({ path }) => path)).toEqual(
      inside(["a.JPG", "b.jpg", "deep/er/c.png", "deep/no ending", "letter.jpg"]),
    );
    expect(images.filter((image) => "error" in image)).toEqual([
      { path: join(folder, "letter.jpg"), error: expect.objectContaining({ code: "bad-input" }) },
    ]);
    expect(skipped).toEqual([
      { path: join(folder, ".hidden.jpg"), reason: "a hidden (dot) file" },
      { path: join(folder, "notes.txt"), reason: "not an image" },
    ]);
  });

  it("expands a quoted pattern and names no file twice", async () => {
    expect(await namesOf(`${folder}/*.jpg`, join(folder, "b.jpg"))).toEqual(
      inside(["a.JPG", "b.jpg", "letter.jpg"]),
    );
    expect(await namesOf(`${folder}/**/*.{png,JPG}`)).toEqual(
      inside(["a.JPG", "b.jpg", "deep/er/c.png", "letter.jpg"]),
    );
  });

  it("takes the images of a folder that a pattern matches", async () => {
    expect(await namesOf(`${folder}/d*`)).toEqual(inside(["deep/er/c.png", "deep/no ending"]));
  });

  it.each(["none", "missing.jpg", "*.gif", "notes"])(
    "says what it was given when %s has no image",
    async (name) => {
      await expect(imagePaths([join(root, name)])).rejects.toThrow(name);
    },
  );

  it("says what a folder without images has instead", async () => {
    await expect(imagePaths([join(root, "notes")])).rejects.toThrow(
      /1 passed over, such as .*a\.txt: not an image/,
    );
  });
});

const hasPipes = process.platform !== "win32";
describe.skipIf(!hasPipes)(`links and pipes${hasPipes ? "" : " (skipped: Windows has other ones)"}`, () => {
  let set = "";
  beforeAll(async () => {
    set = join(root, "linked");
    await mkdir(join(set, "sub"), { recursive: true });
    await mkdir(join(root, "outside"));
    await writeFile(join(root, "outside", "secret.png"), PNG);
    await writeFile(join(set, "a.png"), PNG);
    await writeFile(join(set, "sub", "b.png"), PNG);
    await symlink(join(root, "outside"), join(set, "door"));
    await symlink(join(root, "outside", "secret.png"), join(set, "out.png"));
    await symlink("a.png", join(set, "in.png"));
    await symlink("..", join(set, "sub", "loop"));
    await symlink("self.png", join(set, "self.png"));
    execFileSync("mkfifo", [join(set, "pipe.png")]);
    await symlink("pipe.png", join(set, "to-pipe.png"));
  });

  it("a folder is never left and never read in circles, and nothing is opened that is no file", async () => {
    const { images, skipped } = await imagePaths([set]);
    const named = (names: readonly string[]): string[] => names.map((name) => join(set, name));
    expect(images).toEqual(named(["a.png", "in.png", "sub/b.png"]).map((path) => ({ path })));
    expect(skipped).toEqual(
      [
        ["door", "a link that leads out of the folder"],
        ["out.png", "a link that leads out of the folder"],
        ["pipe.png", "neither a file nor a folder"],
        ["self.png", "a link that leads to itself"],
        ["sub/loop", "a link to a folder that graft has already read"],
        ["to-pipe.png", "a link to neither a file nor a folder"],
      ].map(([name = "", reason]) => ({ path: join(set, name), reason })),
    );
  });

  it("a pattern enters links where a part of it matches them, and not by **", async () => {
    const named = (names: readonly string[]): string[] => names.map((name) => join(set, name));
    expect(await namesOf(`${set}/*.png`)).toEqual(named(["a.png", "in.png", "out.png"]));
    expect(await namesOf(`${set}/*/*.png`)).toEqual(named(["door/secret.png", "sub/b.png"]));
    expect(await namesOf(`${set}/**/*.png`)).toEqual(named(["a.png", "in.png", "out.png", "sub/b.png"]));
    expect(await namesOf(join(set, "out.png"), `${set}/door/*`)).toEqual(
      named(["out.png", "door/secret.png"]),
    );
  });

  it("a pipe is refused at once", async () => {
    await expect(imagePaths([join(set, "pipe.png")])).rejects.toThrow(/Neither a file nor a folder/);
  });
});
