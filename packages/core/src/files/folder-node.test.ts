// What every folder must do is in test/contract/folder.ts.
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeFolder, placeOnDisk } from "./folder-node.ts";
import { otherProcess } from "./testing-node.ts";

const RULES = { force: true, known: ["a"], noun: "model" };

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "graft-folder-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe("a folder on a disk", () => {
  it("says of a refusal inside a folder that is filled where that was to go", async () => {
    const placed = nodeFolder(root).replaceFolder("m", RULES, (empty) => empty.replace("n".repeat(300), []));
    await expect(placed).rejects.toMatchObject({
      code: "bad-input",
      parts: {
        what: "The model cannot be written there.",
        received: expect.stringMatching(`^${join(root, "m")} \\(ENAMETOOLONG`),
      },
    });
  });

  it.skipIf(process.platform === "win32")("has a place for any name that the system takes", async () => {
    const { folder, path } = placeOnDisk(join(root, "C:\\odd"));
    expect(await folder.replaceFolder(path, RULES, (empty) => empty.replace("a", []))).toBe(
      join(root, "C:\\odd"),
    );
    expect(await readdir(join(root, "C:\\odd"))).toEqual(["a"]);
    await rm(join(root, "C:\\odd"), { recursive: true });
  });

  it("takes a lock over from a process that was killed", async () => {
    const folder = nodeFolder(root);
    const { child, tag } = await otherProcess();
    await writeFile(join(root, "lock"), tag);
    expect(await folder.lock("lock")).toEqual({ holder: `process ${child.pid}`, pid: child.pid });
    child.kill("SIGKILL");
    await once(child, "exit");
    const lock = await folder.lock("lock");
    expect("release" in lock).toBe(true);
    if ("release" in lock) await lock.release();
    expect(await readdir(root)).not.toContain("lock");
  });

  it("says what is in the way of writing, and of reading", async () => {
    await writeFile(join(root, "file"), "");
    await expect(nodeFolder(root).replace("file/a", [])).rejects.toMatchObject({
      ...{
        code: "bad-input",
        facts: { reason: expect.stringMatching(/is a file, where a folder is needed/) },
      },
    });
    await expect(nodeFolder(root).folder("x").clear()).resolves.toBeUndefined();
    await nodeFolder(root).create("d");
    await expect(nodeFolder(root).read("d")).rejects.toMatchObject({ code: "bad-input" });
  });
});
