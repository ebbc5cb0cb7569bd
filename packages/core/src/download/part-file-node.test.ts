import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { deadTag, otherProcess } from "../files/testing-node.ts";
import { PartFile } from "./part-file-node.ts";

let folder: string;
let target: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "graft-part-"));
  target = join(folder, "file.bin");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const isFirst = ({ path }: PartFile): boolean => path === `${target}.part`;

it("is one of many's alone when they find a dead one's lock", async () => {
  for (let round = 0; round < 300; round++) {
    await writeFile(`${target}.part.lock`, deadTag());
    const parts = await Promise.all(Array.from({ length: 6 }, () => PartFile.claim(target)));
    expect(parts.filter(isFirst)).toHaveLength(1);
    expect(new Set(parts.map(({ path }) => path)).size).toBe(6);
    await Promise.all(parts.map((part) => part[Symbol.asyncDispose]()));
    expect(await readdir(folder)).toEqual([]);
  }
});

it("stays another live process's, and is taken over when that was killed", async () => {
  const { child, tag } = await otherProcess();
  await writeFile(`${target}.part.lock`, tag);
  await writeFile(`${target}.part`, "begun");
  {
    await using second = await PartFile.claim(target);
    expect(isFirst(second)).toBe(false);
    expect(second.size).toBe(0);
  }
  expect((await readdir(folder)).sort()).toEqual(["file.bin.part", "file.bin.part.lock"]);
  child.kill("SIGKILL");
  await once(child, "exit");
  {
    await using part = await PartFile.claim(target);
    expect(isFirst(part)).toBe(true);
    expect(part.size).toBe(5);
  }
  expect(await readdir(folder)).toEqual(["file.bin.part"]);
});

it("is not kept by a process that has got a dead one's number", async () => {
  const { child, tag } = await otherProcess();
  const [scope, pid, , id] = tag.split("-");
  await writeFile(`${target}.part.lock`, [scope, pid, "1", id].join("-"));
  await using part = await PartFile.claim(target);
  expect(isFirst(part)).toBe(true);
  child.kill("SIGKILL");
});

it.each(["", `${process.pid}`, "none of ours"])("goes over an old lock of another form: %j", async (text) => {
  await writeFile(`${target}.part.lock`, text);
  const longAgo = new Date(Date.now() - 60_000);
  await utimes(`${target}.part.lock`, longAgo, longAgo);
  await using part = await PartFile.claim(target);
  expect(isFirst(part)).toBe(true);
});

it("takes away what killed ones left beside it, and nothing of live ones", async () => {
  const [dead, { child, tag }] = [deadTag(), await otherProcess()];
  for (const name of [`${dead}.part`, `${dead}.part.json`, `${tag}.part`, "7-1.part", "zip"])
    await writeFile(`${target}.${name}`, "x");
  const longAgo = new Date(Date.now() - 3 * 24 * 3_600_000);
  await utimes(`${target}.7-1.part`, longAgo, longAgo); // of an older graft
  await using part = await PartFile.claim(target);
  await part.append(Buffer.from("whole"));
  expect(await readFile(part.path, "utf8")).toBe("whole");
  const own = [basename(part.path), `${basename(part.path)}.lock`];
  expect((await readdir(folder)).sort()).toEqual([...own, `file.bin.${tag}.part`, "file.bin.zip"].sort());
  child.kill("SIGKILL");
});
