import { link, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkNotInput, checkOutFile, placeFile } from "./out-path.ts";

let folder: string;
const path = (name: string): string => join(folder, name);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "graft-out-"));
  await writeFile(path("old.npy"), "old");
  await mkdir(path("folder.npy"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("checkOutFile", () => {
  it.each([
    ["a file, unless forced", "old.npy", "conflict", /--force/],
    ["a folder", "folder.npy", "conflict", /There is a folder at --out.*folder\.npy/],
    ["a place in no folder", "none/f.npy", "bad-input", /none.*ENOENT.*a folder that exists/],
    ["a place below a file", "old.npy/f.npy", "bad-input", /ENOTDIR/],
    ["a name that leaves no room for its ending", `${"f".repeat(249)}.npy`, "bad-input", /ENAMETOOLONG/],
  ])("refuses %s", async (_, name, code, message) => {
    const before = await readdir(folder);
    await expect(checkOutFile(path(name), false)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    expect(await readdir(folder)).toEqual(before);
  });

  it("refuses a folder also when forced", async () => {
    await expect(checkOutFile(path("folder.npy"), true)).rejects.toMatchObject({ code: "conflict" });
  });

  it("accepts a new name, and an old one when forced, and leaves all as it was", async () => {
    await writeFile(path("new.npy.part"), "of a killed process");
    const before = await readdir(folder);
    await checkOutFile(path("new.npy"), false);
    await checkOutFile(path("old.npy"), true);
    expect(await readdir(folder)).toEqual(before);
  });
});

describe("checkNotInput", () => {
  it("refuses the file that is read, by whatever name, and takes any other", async () => {
    await link(path("old.npy"), path("same.npy"));
    for (const name of ["old.npy", "folder.npy/../old.npy", "same.npy"])
      await expect(checkNotInput(path(name), path("old.npy"))).rejects.toMatchObject({ code: "conflict" });
    await checkNotInput(path("new.npy"), path("old.npy"));
    await checkNotInput(path("old.npy"), path("new.npy"));
    await checkNotInput(path("new.npy"), path("new.npy"));
  });
});

describe("placeFile", () => {
  it("keeps the old file when the new one cannot be written whole", async () => {
    const failed = placeFile(path("old.npy"), async (file) => {
      await file.writeFile("half");
      throw Object.assign(new Error("full"), { code: "ENOSPC" });
    });
    await expect(failed).rejects.toMatchObject({ code: "disk-full" });
    expect(await readFile(path("old.npy"), "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["folder.npy", "old.npy"]);
  });
});
