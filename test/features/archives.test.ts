import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { cacheFolders, cacheShares, cacheStatus, openFeatureStore, pruneCache } from "@graft/core/node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type LeasedListing, openArchive } from "../../packages/core/src/dataset/archive-store-node.ts";
import { newOwner, ownerTag } from "../../packages/core/src/files/owner-node.ts";
import { zipOf } from "../dataset/zip-writer.ts";
import { FROM_SOURCES } from "../from-sources.ts";
import { keyOf, rowOf, spaceOf } from "./rows.ts";

const FILE_BYTES = 1000;
const NUM_FILES = 10;
const ARCHIVE_BYTES = FILE_BYTES * NUM_FILES;

let home = "";
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "graft-archives-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const folders = () => cacheFolders(home);
const prune = (maxBytes = 0) => pruneCache(folders(), { maxBytes });
const names = async () => (await cacheStatus(folders())).archives.map(({ name }) => name);

/** A zip of ten files of 1000 bytes each. */
async function write(name: string): Promise<string> {
  const path = join(home, name);
  const entries = Array.from({ length: NUM_FILES }, (_, i) => ({
    name: `a/${i}.png`,
    content: Buffer.alloc(FILE_BYTES, `${name}${i}`),
  }));
  await writeFile(path, zipOf(entries));
  return path;
}

const open = (path: string, maxBytes?: number): Promise<LeasedListing> =>
  openArchive({ path, kind: "zip" }, home, maxBytes === undefined ? {} : { maxBytes });

/** Unpacked, and nobody's; last used so many minutes ago. */
async function unpacked(name: string, minutesAgo: number): Promise<string> {
  const path = await write(name);
  const { lease, files } = await open(path);
  await lease[Symbol.asyncDispose]();
  const manifest = join(files[0]?.location ?? "", "..", "..", "manifest.json");
  const time = Date.now() / 1000 - minutesAgo * 60;
  await utimes(manifest, time, time);
  return path;
}

async function isWhole({ files }: LeasedListing): Promise<boolean> {
  const lengths = await Promise.all(files.map(async ({ location }) => (await readFile(location)).length));
  return lengths.length === NUM_FILES && lengths.every((length) => length === FILE_BYTES);
}

describe("unpacked archives", () => {
  test("count in what the cache holds, by name, and go when it is emptied", async () => {
    await unpacked("old.zip", 10);
    await unpacked("new.zip", 5);
    const { bytes, entries, archives } = await cacheStatus(folders());
    expect([bytes, entries]).toEqual([2 * ARCHIVE_BYTES, 2]);
    expect(archives).toMatchObject([
      { name: "new.zip", files: NUM_FILES, bytes: ARCHIVE_BYTES, isLeased: false },
      { name: "old.zip", files: NUM_FILES, bytes: ARCHIVE_BYTES, isLeased: false },
    ]);
    expect(await prune(ARCHIVE_BYTES)).toEqual({
      freedBytes: ARCHIVE_BYTES,
      freedEntries: 1,
      freedArchives: 1,
      keptForLiveRuns: 0,
    });
    expect(await names()).toEqual(["new.zip"]);
    expect(await prune()).toMatchObject({ freedArchives: 1 });
    expect(await readdir(folders().archives)).toEqual([]);
  });

  test("are a part of their own, which goes or stays apart from features", async () => {
    await unpacked("a.zip", 10);
    {
      await using store = await openFeatureStore({ folder: folders().features });
      for (let i = 0; i < 3; i++) await store.put(spaceOf(150), keyOf(i), rowOf(i, 10));
    }
    const none = { bytes: 0, count: 0, leasedBytes: 0 };
    const { features, archives } = await cacheShares(folders());
    expect(archives).toEqual({ bytes: ARCHIVE_BYTES, count: 1, leasedBytes: 0 });
    expect(features).toMatchObject({ count: 3, leasedBytes: 0 });
    expect(features.bytes + archives.bytes).toBe((await cacheStatus(folders())).bytes);
    const { lease } = await open(await write("b.zip"));
    expect((await cacheShares(folders())).archives).toMatchObject({ count: 2, leasedBytes: ARCHIVE_BYTES });
    await pruneCache(folders(), { maxBytes: 0, only: "archives" });
    expect(await cacheShares(folders())).toMatchObject({ features, archives: { count: 1 } });
    expect(await names()).toEqual(["b.zip"]);
    await pruneCache(folders(), { maxBytes: 0, only: "features" });
    expect(await cacheShares(folders())).toMatchObject({ features: none, archives: { count: 1 } });
    await lease[Symbol.asyncDispose]();
  });

  test("of a graft that wrote no names are shown and go like the others", async () => {
    const { files, lease } = await open(await write("a.zip"));
    await lease[Symbol.asyncDispose]();
    const manifest = join(files[0]?.location ?? "", "..", "..", "manifest.json");
    await writeFile(manifest, (await readFile(manifest, "utf8")).replace(/,"name":"a.zip"/, ""));
    expect(await names()).toEqual([null]);
    expect(await prune()).toMatchObject({ freedArchives: 1 });
  });

  test("make room for a new one, least recently used first, and are unpacked again when they are wanted", async () => {
    const paths = [await unpacked("1.zip", 30), await unpacked("2.zip", 20), await unpacked("3.zip", 10)];
    const again = await open(paths[0] ?? ""); // a use
    await again.lease[Symbol.asyncDispose]();
    const limit = 3.5 * ARCHIVE_BYTES;
    const fourth = await open(await write("4.zip"), limit);
    expect((await names()).sort()).toEqual(["1.zip", "3.zip", "4.zip"]);
    expect(await isWhole(fourth)).toBe(true);
    expect(await isWhole(await open(paths[1] ?? "", limit))).toBe(true);
    expect((await cacheStatus(folders())).bytes).toBeLessThanOrEqual(limit);
  });

  test("that are in use stay, also above the limit, and go when they are given back", async () => {
    const first = await open(await write("1.zip"), 100);
    const second = await open(await write("2.zip"), 100);
    expect(await prune()).toMatchObject({ freedBytes: 0, keptForLiveRuns: 2 * ARCHIVE_BYTES });
    expect(await isWhole(first)).toBe(true);
    await first.lease[Symbol.asyncDispose]();
    expect(await prune()).toMatchObject({ freedArchives: 1, keptForLiveRuns: ARCHIVE_BYTES });
    expect(await isWhole(second)).toBe(true);
    await second.lease[Symbol.asyncDispose]();
    expect(await prune()).toMatchObject({ freedArchives: 1, keptForLiveRuns: 0 });
  });

  test("being moved away are waited for by who opens them", async () => {
    const path = await unpacked("a.zip", 1);
    const [id = ""] = await readdir(folders().archives);
    const mark = join(`${folders().archives}-in-use`, `${id}.${ownerTag(newOwner())}.leaving`);
    await writeFile(mark, "");
    let isOpen = false;
    const opening = open(path).then((opened) => {
      isOpen = true;
      return opened;
    });
    await delay(100);
    expect(isOpen).toBe(false);
    await rm(mark);
    expect(await isWhole(await opening)).toBe(true);
  });

  test("that cannot be unpacked leave no lease", async () => {
    const path = join(home, "bad.zip");
    await writeFile(path, "PK\u0003\u0004 and no more");
    await expect(open(path)).rejects.toMatchObject({ code: "corrupt" });
    expect(await readdir(`${folders().archives}-in-use`)).toEqual([]);
  });

  test("that lost their manifest are swept away", async () => {
    const { files, lease } = await open(await write("a.zip"));
    await rm(join(files[0]?.location ?? "", "..", "..", "manifest.json"));
    await prune();
    expect(await readdir(folders().archives)).toHaveLength(1); // in use
    await lease[Symbol.asyncDispose]();
    await prune();
    expect(await readdir(folders().archives)).toEqual([]);
  });
});

describe("features and archives", () => {
  const LENGTH = 100;
  const openStore = (maxBytes: number, onLimit?: (text: string) => void) =>
    openFeatureStore({
      folder: folders().features,
      archives: folders().archives,
      maxBytes,
      ...(onLimit ? { onLimit } : {}),
    });

  test("share one limit: new features push out an archive that nobody uses", async () => {
    await unpacked("a.zip", 10);
    await using store = await openStore(20_000);
    for (let i = 0; i < 30; i++) await store.put(spaceOf(150), keyOf(i), rowOf(i, LENGTH));
    expect(await names()).toEqual([]);
    expect(await store.get(spaceOf(150), keyOf(0))).toEqual(rowOf(0, LENGTH));
    expect((await cacheStatus(folders())).bytes).toBeLessThanOrEqual(20_000);
  });

  test("a new archive pushes out older features", async () => {
    await using store = await openStore(1e9);
    await store.put(spaceOf(150), keyOf(0), rowOf(0, LENGTH));
    await store.close();
    await open(await write("a.zip"), ARCHIVE_BYTES + 100);
    expect(await cacheStatus(folders())).toMatchObject({ entries: 1, spaces: [] });
  });

  test("an archive in use that fills the limit leaves half of it to features", async () => {
    const { lease } = await open(await write("a.zip"));
    const told: string[] = [];
    await using store = await openStore(ARCHIVE_BYTES, (text) => told.push(text));
    for (let i = 0; i < 100; i++) await store.put(spaceOf(150), keyOf(i), rowOf(i, LENGTH));
    const { bytes, spaces } = await cacheStatus(folders());
    expect(spaces[0]?.entries).toBeGreaterThan(5);
    expect(bytes).toBeLessThanOrEqual(1.5 * ARCHIVE_BYTES);
    expect(told).toEqual([]);
    await lease[Symbol.asyncDispose]();
  });
});

describe("two processes", () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });

  function start(...words: readonly string[]): ChildProcess {
    const file = join(import.meta.dirname, "archive-child.ts");
    const child = spawn(process.execPath, [...FROM_SOURCES, file, ...words], {
      cwd: resolve(import.meta.dirname, "../.."),
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    return child;
  }
  const said = async ({ stdout }: ChildProcess): Promise<void> => {
    if (stdout) await once(stdout, "data");
  };

  test("what another one reads stays; what it left when it was killed goes", async () => {
    const child = start("hold", await write("a.zip"), home);
    const ended = once(child, "exit");
    await said(child);
    expect(await prune()).toMatchObject({ freedArchives: 0, keptForLiveRuns: ARCHIVE_BYTES });
    child.kill("SIGKILL");
    await ended;
    expect(await prune()).toMatchObject({ freedArchives: 1 });
    expect(await readdir(`${folders().archives}-in-use`)).toEqual([]);
  });

  test("one opens and reads while another empties the cache all the time: it never misses a file", async () => {
    const path = await write("a.zip");
    const pruning = start("prune", path, home);
    await said(pruning);
    const [code] = await once(start("read", path, home, "60"), "exit");
    expect(code).toBe(0);
  });

  test("one that is killed while it empties the cache leaves nothing half", async () => {
    const path = await write("a.zip");
    for (const milliseconds of [0, 1, 2, 5, 9]) {
      const pruning = start("prune", path, home);
      const ended = once(pruning, "exit");
      await said(pruning);
      const opening = open(path);
      await delay(milliseconds);
      pruning.kill("SIGKILL");
      await ended;
      const opened = await opening;
      expect(await isWhole(opened)).toBe(true);
      await opened.lease[Symbol.asyncDispose]();
    }
    await mkdir(folders().features, { recursive: true });
    await prune();
    expect(await readdir(folders().archives)).toEqual([]);
    expect(await readdir(`${folders().archives}-in-use`)).toEqual([]);
  });
});
