import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type PlaceFolderOptions, placeFolder } from "./place-folder-node.ts";

let temporary: string;
beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), "graft-place-"));
});
afterEach(() => rm(temporary, { recursive: true, force: true }));

const options = (fill: PlaceFolderOptions["fill"], force = false): PlaceFolderOptions => ({
  force,
  known: ["a.txt"],
  noun: "model",
  fill,
});
const write = (text: string) => (folder: string) => writeFile(join(folder, "a.txt"), text);
const systemError = (code: string): Error => Object.assign(new Error(code), { code });

describe("placeFolder", () => {
  it.each([
    ["ENOSPC", "disk-full"],
    ["EDQUOT", "disk-full"],
    ["EACCES", "bad-input"],
    ["EROFS", "bad-input"],
  ])("turns %s while writing into %s and leaves nothing", async (code, expected) => {
    const failed = placeFolder(
      join(temporary, "model"),
      options(async (folder) => {
        await write("half")(folder);
        throw systemError(code);
      }),
    );
    await expect(failed).rejects.toMatchObject({
      code: expected,
      message: expect.stringContaining(join(temporary, "model")),
    });
    expect(await readdir(temporary)).toEqual([]);
  });

  it("passes on an error that it has no words for", async () => {
    const defect = new TypeError("a defect");
    const failed = placeFolder(
      join(temporary, "model"),
      options(() => Promise.reject(defect)),
    );
    await expect(failed).rejects.toBe(defect);
  });

  it("keeps the folder that was there when the new one can not be filled", async () => {
    const target = await placeFolder(join(temporary, "model"), options(write("old")));
    const failed = placeFolder(
      target,
      options(() => Promise.reject(systemError("ENOSPC")), true),
    );
    await expect(failed).rejects.toMatchObject({ code: "disk-full" });
    expect(await readFile(join(target, "a.txt"), "utf8")).toBe("old");
  });

  it("gives way to a folder that another process put there meanwhile", async () => {
    const target = join(temporary, "model");
    const slow = placeFolder(
      target,
      options(async (folder) => {
        await write("late")(folder);
        await placeFolder(target, options(write("first")));
      }),
    );
    await expect(slow).rejects.toMatchObject({ code: "conflict" });
    expect(await readFile(join(target, "a.txt"), "utf8")).toBe("first");
    expect(await readdir(temporary)).toEqual(["model"]);
  });
});
