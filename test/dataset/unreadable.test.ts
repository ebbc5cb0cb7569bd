import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findImages } from "@graft/core/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asNobody, openToAll } from "../as-nobody.ts";
import { openWorkplace, picture, type Workplace } from "./workplace.ts";

let place: Workplace;
let one: Buffer;
let two: Buffer;

beforeAll(async () => {
  place = await openWorkplace();
  await openToAll(place.root, place.path("."), place.path(".."));
  one = await picture(1);
  two = await picture(2);
  await place.warmUp();
});
afterAll(() => place.close());

const canLock = process.platform !== "win32";
const openLocked = (folder: string) => asNobody(() => place.open(folder));
async function refusalOf(folder: string): Promise<string> {
  const error: unknown = await openLocked(folder).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: "bad-input" });
  return String(error);
}

describe.skipIf(!canLock)(
  `folders that cannot be read${canLock ? "" : " (skipped: no such modes here)"}`,
  () => {
    const locked: string[] = [];
    const lock = async (...names: string[]): Promise<void> => {
      const path = join(...names);
      locked.push(path);
      await chmod(path, 0);
    };
    afterAll(async () => {
      for (const path of locked) await chmod(path, 0o755);
    });

    test("a class of three: refused, with the path, the system's reason and what to do", async () => {
      const folder = await place.write("class", { "a/1.png": one, "b/1.png": one, "c/1.png": two });
      await lock(folder, "b");
      const text = await refusalOf(folder);
      expect(text).toMatch(
        /that graft cannot look into.* b: The folder cannot be read \(EACCES: [^)]*\)\. Make it/,
      );
      expect(text).not.toContain("empty");
    });

    test("many: a few are named, all are counted", async () => {
      const names = Array.from({ length: 9 }, (_, at) => `class${at}`);
      const folder = await place.write(
        "many",
        Object.fromEntries(names.map((name) => [`${name}/1.png`, one])),
      );
      for (const name of names.slice(1)) await lock(folder, name);
      expect(await refusalOf(folder)).toMatch(/8 folders.*class1: .*class3: .*And 5 more\./);
    });

    test.each(["train", "validation", "test"])("the %s folder: refused too", async (part) => {
      const files = ["train", "validation", "test"].flatMap((name) =>
        ["a", "b"].map((label) => [`${name}/${label}/1.png`, one]),
      );
      const folder = await place.write(`part-${part}`, Object.fromEntries(files));
      await lock(folder, part);
      expect(await refusalOf(folder)).toMatch(new RegExp(` ${part}: The folder cannot be read \\(EACCES`));
    });

    test("below a class, or beside train and validation: reported, and the others are used", async () => {
      const files = ["train/a/1", "train/a/deep/2", "train/b/1", "val/a/1", "val/b/1", "raw/x/1"];
      const folder = await place.write(
        "inner",
        Object.fromEntries(files.map((name) => [`${name}.png`, one])),
      );
      await lock(folder, "train", "a", "deep");
      await lock(folder, "raw");
      const { dataset } = await openLocked(folder);
      expect(dataset.images).toHaveLength(4);
      expect(dataset.broken.map(({ path }) => path)).toEqual(["raw", "train/a/deep"]);
      expect(dataset.broken[1]?.reason).toMatch(
        /^The folder cannot be read \(EACCES: .*\)\. Make it readable/,
      );
    });

    test("a class with nothing but a locked folder says so", async () => {
      const folder = await place.write("hollow", { "a/deep/1.png": one, "b/1.png": one });
      await lock(folder, "a", "deep");
      expect(await refusalOf(folder)).toMatch(/no usable image of "a"\. For example a\/deep: .*EACCES/);
    });

    test("a locked file is quarantined; a link through a locked folder too", async () => {
      const folder = await place.write("files", {
        "a/1.png": one,
        "a/2.png": two,
        "b/1.png": one,
        "b/deep/x/2.png": two,
      });
      await symlink(join("..", "b", "deep", "x", "2.png"), join(folder, "a", "3.png"));
      await lock(folder, "a", "2.png");
      await lock(folder, "b", "deep");
      const { dataset } = await openLocked(folder);
      expect(dataset.broken.map(({ path }) => path)).toEqual(["a/2.png", "a/3.png", "b/deep"]);
      for (const { reason } of dataset.broken)
        expect(reason).toMatch(/cannot be read \(EACCES.*Make it readable/);
    });

    test("the data set's own folder: its path and the reason", async () => {
      const folder = await place.write("own", { "a/1.png": one });
      await lock(folder);
      expect(await refusalOf(folder)).toMatch(/own cannot be read \(EACCES/);
      await expect(asNobody(() => findImages(folder))).rejects.toThrow(
        /own: The folder cannot be read \(EACCES/,
      );
    });
  },
);

const takesBytes = process.platform === "linux";
describe.skipIf(!takesBytes)(
  `names that are not UTF-8${takesBytes ? "" : " (skipped: this system has none)"}`,
  () => {
    const bytes = (folder: string, name: string): Buffer =>
      Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name, "latin1")]);

    test("a file is quarantined with its bytes and what to do", async () => {
      const folder = await place.write("latin1", { "a/1.png": one, "b/1.png": two });
      await writeFile(bytes(join(folder, "a"), "caf\xe9.png"), two);
      const { dataset } = await place.open(folder);
      expect(dataset.images.map(({ path }) => path)).toEqual(["a/1.png", "b/1.png"]);
      expect(dataset.broken).toEqual([
        { path: "a/caf\\xe9.png", code: "bad-input", reason: expect.stringMatching(/not UTF-8.*Rename it/) },
      ]);
    });

    test("a class folder is a reason to refuse", async () => {
      const folder = await place.write("latin1-class", { "a/1.png": one, "b/1.png": two });
      await mkdir(bytes(folder, "caf\xe9"));
      await writeFile(bytes(folder, "caf\xe9/1.png"), two);
      expect(await refusalOf(folder)).toMatch(/ caf\\xe9: The name is not UTF-8.*Rename it/);
    });

    test("a name that starts with a byte order mark is a name", async () => {
      const folder = await place.write("bom", { "\ufeffa/\ufeff1.png": one, "b/1.png": two });
      expect((await place.open(folder)).dataset.labels).toEqual(["b", "\ufeffa"]);
    });
  },
);

test("what a Linux disk keeps for itself is no class", async () => {
  const folder = await place.write("disk", { "a/1.png": one, "b/1.png": one, "lost+found": null });
  const { dataset } = await place.open(folder);
  expect(dataset.labels).toEqual(["a", "b"]);
  expect(dataset.skipped).toEqual([{ path: "lost+found", reason: expect.stringContaining("repairs") }]);
});
