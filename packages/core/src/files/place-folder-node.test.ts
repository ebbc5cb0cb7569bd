import { existsSync, statSync } from "node:fs";
import { lstat, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkPlace } from "./check-place-node.ts";
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

  it("keeps the folder that was there when the new one cannot be filled", async () => {
    const target = await placeFolder(join(temporary, "model"), options(write("old")));
    const failed = placeFolder(
      target,
      options(() => Promise.reject(systemError("ENOSPC")), true),
    );
    await expect(failed).rejects.toMatchObject({ code: "disk-full" });
    expect(await readFile(join(target, "a.txt"), "utf8")).toBe("old");
  });

  it("puts it behind a link that leads to an empty folder", async () => {
    await mkdir(join(temporary, "real"));
    await symlink("real", join(temporary, "link"));
    const placed = await placeFolder(join(temporary, "link"), options(write("new")));
    expect(placed).toBe(await realpath(join(temporary, "real")));
    expect((await lstat(join(temporary, "link"))).isSymbolicLink()).toBe(true);
    expect(await readFile(join(temporary, "link", "a.txt"), "utf8")).toBe("new");
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

const isMountPoint = (folder: string): boolean =>
  existsSync(folder) && statSync(folder).dev !== statSync(join(folder, "..")).dev;

describe("checkPlace", () => {
  const { fill: _, ...place } = options(write("new"), true);

  it.each(["model", "not/yet/there/model"])("accepts %s and leaves nothing there", async (name) => {
    await checkPlace(join(temporary, name), place);
    expect(await readdir(temporary)).toEqual([]);
  });

  it("refuses a name that leaves no room for the one beside it that is written first", async () => {
    const name = "m".repeat(240);
    await expect(checkPlace(join(temporary, name), place)).rejects.toMatchObject({
      code: "bad-input",
      message: expect.stringContaining("ENAMETOOLONG"),
    });
  });

  it("refuses a link that leads nowhere, and one that leads to itself", async () => {
    await symlink("gone", join(temporary, "model"));
    await expect(checkPlace(join(temporary, "model"), place)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringMatching(/link.*leads nowhere/),
    });
    await symlink("loop", join(temporary, "loop"));
    await expect(checkPlace(join(temporary, "loop"), place)).rejects.toMatchObject({ code: "bad-input" });
    await expect(checkPlace(join(temporary, "loop", "model"), place)).rejects.toMatchObject({
      code: "bad-input",
    });
  });

  it.skipIf(process.platform !== "linux")(
    "refuses a folder that takes no others, whatever its permissions say",
    async () => {
      await expect(checkPlace("/proc/graft/model", place)).rejects.toMatchObject({
        code: "bad-input",
        message: expect.stringContaining("/proc/graft/model"),
      });
    },
  );

  it.skipIf(!isMountPoint("/dev/shm"))("refuses a mount point, which cannot be renamed", async () => {
    await expect(checkPlace("/dev/shm", place)).rejects.toMatchObject({
      code: "bad-input",
      message: expect.stringMatching(/mount point.*\/dev\/shm\/model/),
    });
  });
});
