import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { featureSpaceId } from "@graft/core";
import { cacheStatus, pruneCache } from "@graft/core/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bundledChild } from "../bundled-child.ts";
import { isRowOf, keyOf, openCacheFolder, rowOf, spaceOf } from "./rows.ts";

/** 40 KB a row, so that a kill often meets a write. */
const LENGTH = 10_000;
const SPACE = spaceOf(150);
const CHILD = await bundledChild(join(import.meta.dirname, "store-child.ts"));
let cache: Awaited<ReturnType<typeof openCacheFolder>>;
beforeEach(async () => {
  cache = await openCacheFolder();
});
afterEach(() => cache.close());

function startChild(from: number, to: number): ChildProcess {
  const words = [cache.folder, `${LENGTH}`, `${from}`, `${to}`];
  return spawn(process.execPath, [CHILD, ...words], {
    cwd: resolve(import.meta.dirname, "../.."),
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** Images [0, to) that a fresh store has; every one must be whole. */
async function storedImages(to: number): Promise<number[]> {
  await using store = await cache.open();
  const there: number[] = [];
  for (let image = 0; image < to; image++) {
    const row = await store.get(SPACE, keyOf(image));
    if (!row) continue;
    expect(isRowOf(row, image)).toBe(true);
    there.push(image);
  }
  return there;
}

test("a process killed while it stores leaves only whole rows, and the next one goes on in its place", async () => {
  let stored = 0;
  for (const milliseconds of [0, 3, 11, 26]) {
    const child = startChild(stored, 4000);
    const ended = once(child, "exit");
    let said = "";
    child.stdout?.on("data", (text) => {
      said += text;
    });
    if (child.stdout) await once(child.stdout, "data");
    await delay(milliseconds);
    child.kill("SIGKILL");
    expect(await ended).toEqual([null, "SIGKILL"]);
    const lastSaid = Number(/stored (\d+)\n[^\n]*$/.exec(said)?.[1]);
    const there = await storedImages(lastSaid + 40);
    expect(there.slice(0, lastSaid)).toEqual(Array.from({ length: lastSaid }, (_, image) => image));
    stored = there.length;
  }
  // one pack, handed from process to process; half rows were cut off
  await using store = await cache.open();
  await store.put(SPACE, keyOf(5000), rowOf(5000, LENGTH));
  await store.close();
  const [pack = "", ...others] = await cache.files(".pack");
  expect(others).toEqual([]);
  expect(((await stat(pack)).size - 64) % (48 + 4 * LENGTH)).toBe(0);
  expect(await cache.files(".tmp")).toEqual([]);
});

test("two processes store at once, and a third sees the rows of both", async () => {
  await using reader = await cache.open();
  expect(await reader.get(SPACE, keyOf(0))).toBeUndefined();
  const children = [startChild(0, 300), startChild(200, 500)];
  const ends = await Promise.all(children.map((child) => once(child, "exit")));
  expect(ends).toEqual([
    [0, null],
    [0, null],
  ]);
  expect(await storedImages(500)).toHaveLength(500);
  expect(isRowOf(await reader.get(SPACE, keyOf(499)), 499)).toBe(true);
});

test("what another process leases stays; what it leased and left when it was killed is free", async () => {
  const child = startChild(0, 4000);
  const ended = once(child, "exit");
  if (child.stdout) await once(child.stdout, "data");
  const [pack = ""] = await cache.files(".pack");
  expect(pack).toMatch(new RegExp(`${await featureSpaceId(SPACE)}.*-${child.pid}-\\d+-[0-9a-f]{8}\\.pack$`));
  expect(await pruneCache(cache.folders, { maxBytes: 0 })).toMatchObject({ freedEntries: 0 });
  child.kill("SIGKILL");
  await ended;
  await pruneCache(cache.folders, { maxBytes: 0 });
  expect((await cacheStatus(cache.folders)).bytes).toBe(0);
  await (await cache.open()).close();
  expect(await cache.files("")).toEqual([]);
});
