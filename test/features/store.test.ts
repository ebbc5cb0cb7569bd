import { spawnSync } from "node:child_process";
import { appendFile, mkdir, readFile, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeFloat16, encodeFloat16, featureSpaceId } from "@graft/core";
import { cacheFolders, cacheStatus, openFeatureStore, pruneCache } from "@graft/core/node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { keyOf, openCacheFolder, rowOf, spaceOf } from "./rows.ts";

const LENGTH = 100;
const SPACE = spaceOf(150);
let cache: Awaited<ReturnType<typeof openCacheFolder>>;
beforeEach(async () => {
  cache = await openCacheFolder();
});
afterEach(() => cache.close());

/** A store that holds images [0, count), closed again. */
async function fill(count: number, space = SPACE, options = {}): Promise<void> {
  await using store = await cache.open(options);
  await Promise.all(Array.from({ length: count }, (_, i) => store.put(space, keyOf(i), rowOf(i, LENGTH))));
}

/** Which of images [0, count) a fresh store has; each must be right. */
async function found(count: number, space = SPACE): Promise<number[]> {
  await using store = await cache.open();
  const there: number[] = [];
  for (let i = 0; i < count; i++) {
    const row = await store.get(space, keyOf(i));
    if (row) expect(row).toEqual(rowOf(i, LENGTH));
    if (row) there.push(i);
  }
  return there;
}

describe("a pack of a newer graft", () => {
  /** Makes the only pack one of the next version of the format. */
  async function makeNewer(): Promise<{ readonly path: string; readonly bytes: Buffer }> {
    const [path = ""] = await cache.files(".pack");
    const bytes = await cache.read(path);
    bytes.write("graftpk2", "latin1");
    await writeFile(path, bytes);
    return { path, bytes };
  }

  test("stays as it is, is told of once, and what is in it is computed and kept anew", async () => {
    await fill(3);
    const { path, bytes } = await makeNewer();
    const told: string[] = [];
    expect(await found(3)).toEqual([]);
    await fill(3, SPACE, { onNewer: (message: string) => told.push(message) });
    expect(await found(3)).toEqual([0, 1, 2]);
    {
      await using store = await cache.open({ onNewer: (message) => told.push(message) });
      for (let i = 0; i < 3; i++) expect(await store.get(SPACE, keyOf(i))).toBeDefined();
      await store.put(SPACE, keyOf(3), rowOf(3, LENGTH));
    }
    expect(await cache.files(".pack")).toHaveLength(2);
    expect(await cache.read(path)).toEqual(bytes);
    // by the store that looked for rows; the one that only wrote had no need to look
    expect(told.map((message) => message.includes(path))).toEqual([true]);
  });

  test("is not taken for one that a kill left half made, which goes when the next row is written", async () => {
    await fill(3);
    const [path = ""] = await cache.files(".pack");
    await writeFile(path, Buffer.alloc(1000, "?"));
    await fill(3);
    const packs = await cache.files(".pack");
    expect(packs).toHaveLength(1);
    expect(packs).not.toContain(path);
    expect(await found(3)).toEqual([0, 1, 2]);
  });

  test("counts against the cache's limit, and goes when it is to be emptied", async () => {
    await fill(3);
    const { bytes } = await makeNewer();
    expect(await cacheStatus(cache.folders)).toMatchObject({ bytes: bytes.length, entries: 0 });
    await pruneCache(cache.folders, { maxBytes: 0 });
    expect(await cache.files(".pack")).toEqual([]);
  });
});

describe("rows", () => {
  test("are given back by the store that took them and by a later one, by space, hash and variant", async () => {
    await using store = await cache.open();
    await store.put(SPACE, keyOf(1), rowOf(1, LENGTH));
    await store.put(SPACE, keyOf(1, 7), rowOf(17, LENGTH));
    await store.put(spaceOf(299), keyOf(1), rowOf(2, 3));
    const check = async (reader: typeof store): Promise<void> => {
      expect(await reader.get({ ...SPACE }, keyOf(1))).toEqual(rowOf(1, LENGTH));
      expect(await reader.get(SPACE, keyOf(1, 7))).toEqual(rowOf(17, LENGTH));
      expect(await reader.get(spaceOf(299), keyOf(1))).toEqual(rowOf(2, 3));
      expect(await reader.get(SPACE, keyOf(2))).toBeUndefined();
      expect(await reader.has(SPACE, keyOf(1, 1))).toBe(false);
    };
    await check(store);
    await check(await cache.open());
    await store.close();
    await check(await cache.open());
    await expect(store.get(SPACE, keyOf(1))).rejects.toMatchObject({ code: "cancelled" });
  });

  test("are kept as float16 when the space says so", async () => {
    const half = spaceOf(150, { cacheType: "float16" });
    const row = Float32Array.of(0.1, -70000, 2 ** -25, 3);
    await using store = await cache.open();
    await store.put(half, keyOf(1), row);
    expect(await store.get(half, keyOf(1))).toEqual(decodeFloat16(encodeFloat16(row)));
    expect((await cacheStatus(cache.folders)).bytes).toBe(64 + 48 + 8);
  });

  test("of two lengths in one space do not disturb each other", async () => {
    await using store = await cache.open();
    for (let i = 0; i < 6; i++) await store.put(SPACE, keyOf(i), rowOf(i, i % 2 === 0 ? 5 : 9));
    for (let i = 0; i < 6; i++)
      expect(await store.get(SPACE, keyOf(i))).toEqual(rowOf(i, i % 2 === 0 ? 5 : 9));
  });

  test("have keys that can be told from mistakes", async () => {
    await using store = await cache.open();
    const put = store.put(SPACE, { hash: "../../etc", variant: 0 }, rowOf(1, 3));
    await expect(put).rejects.toMatchObject({ code: "bad-input" });
    await expect(store.get(SPACE, { ...keyOf(1), variant: -1 })).rejects.toMatchObject({ code: "bad-input" });
  });
});

describe("damage", () => {
  test("a flipped bit anywhere loses its own row and no other, and the row can be stored again", async () => {
    await fill(4);
    const [pack = ""] = await cache.files(".pack");
    const good = await readFile(pack);
    const record = 48 + 4 * LENGTH;
    for (const within of [0, 5, 36, 41, 47, 48, record - 1]) {
      const bad = Buffer.from(good);
      const at = 64 + 2 * record + within;
      bad[at] = (bad[at] ?? 0) ^ 4;
      await writeFile(pack, bad);
      expect(await found(4)).toEqual([0, 1, 3]);
      expect((await cacheStatus(cache.folders)).entries).toBe(3); // erased, so that nobody reads it again
    }
    await using store = await cache.open();
    await store.put(SPACE, keyOf(2), rowOf(2, LENGTH));
    expect(await found(4)).toEqual([0, 1, 2, 3]);
  });

  test("a damaged row takes nothing from those that are read with it, of one length or far from each other", async () => {
    for (const length of [LENGTH, 10_000]) {
      const space = spaceOf(length);
      const keys = Array.from({ length: 20 }, (_, image) => keyOf(image));
      await using store = await cache.open();
      await store.putMany(
        space,
        keys.map((key, image) => ({ key, row: rowOf(image, length) })),
      );
      const id = await featureSpaceId(space);
      const [pack = ""] = (await cache.files(".pack")).filter((path) => path.includes(id));
      const bytes = await readFile(pack);
      const record = 48 + 4 * length;
      for (const at of [3, 11, 19]) bytes[64 + at * record + 100] = (bytes[64 + at * record + 100] ?? 0) ^ 1;
      await writeFile(pack, bytes);
      // another order, a row that is not there, and one twice
      const asked = [...keys.toReversed(), keyOf(99), keyOf(5)];
      const rows = await store.getMany(space, asked);
      const expected = [...keys.keys()]
        .reverse()
        .map((at) => ([3, 11, 19].includes(at) ? undefined : rowOf(at, length)));
      expect(rows).toEqual([...expected, undefined, rowOf(5, length)]);
      // of its own: who changes it changes no other, who keeps it holds no other
      rows.at(-1)?.fill(0);
      expect(rows[14]).toEqual(rowOf(5, length));
      expect(rows[14]?.buffer.byteLength).toBeLessThan(4 * length + 64);
      // some of them, with others between
      const few = [2, 3, 6, 12, 18];
      expect(
        await store.getMany(
          space,
          few.map((at) => keyOf(at)),
        ),
      ).toEqual(few.map((at) => (at === 3 ? undefined : rowOf(at, length))));
      expect(await store.getMany(space, [keyOf(5)])).toEqual([rowOf(5, length)]);
    }
  });

  test("a pack cut off anywhere keeps its whole rows, and the next writer goes on behind them", async () => {
    await fill(3);
    const [pack = ""] = await cache.files(".pack");
    const record = 48 + 4 * LENGTH;
    for (const length of [64 + 3 * record - 1, 64 + 2 * record + 10]) {
      await truncate(pack, length);
      expect(await found(3)).toEqual([0, 1]);
    }
    await fill(4);
    expect(await cache.files(".pack")).toEqual([pack]);
    expect((await readFile(pack)).length).toBe(64 + 6 * record); // 2 whole ones, then all 4 again
    expect(await found(4)).toEqual([0, 1, 2, 3]);
  });

  test("a file that is no pack is passed over, one that never got a row is removed", async () => {
    await fill(1);
    const folder = join(cache.folder, await featureSpaceId(SPACE));
    await writeFile(join(folder, "000000000aaaaaaaa.pack"), "graft");
    await writeFile(join(folder, "000000001aaaaaaaa.pack"), Buffer.alloc(500, 7));
    expect(await found(1)).toEqual([0]);
    await fill(2);
    expect(await found(2)).toEqual([0, 1]);
    expect(await cache.files("000000000aaaaaaaa.pack")).toEqual([]);
  });
});

describe("a limit", () => {
  /** Ten minutes a step, beyond how often use is written down. */
  const clock = () => {
    let time = Date.now();
    return { now: () => time, pass: () => (time += 600_000) };
  };

  test("the least recently used space goes first, and use counts", async () => {
    const { now, pass } = clock();
    const spaces = [spaceOf(100), spaceOf(101), spaceOf(102)];
    for (const space of spaces) {
      await fill(20, space, { now });
      pass();
    }
    await using store = await cache.open({ now, maxBytes: 30_000 });
    await store.get(spaceOf(100), keyOf(3));
    pass();
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => store.put(spaceOf(103), keyOf(i), rowOf(i, LENGTH))),
    );
    await store.close();
    expect((await found(20, spaceOf(101))).length).toBe(0);
    for (const size of [100, 102, 103]) expect((await found(20, spaceOf(size))).length).toBe(20);
    const { bytes, spaces: left } = await cacheStatus(cache.folders);
    expect(bytes).toBeLessThanOrEqual(30_000);
    expect(left.map(({ space }) => space?.rule.size)).toEqual(expect.arrayContaining([100, 102, 103]));
  });

  test("one long run of puts stays under it and keeps its newest rows", async () => {
    await using store = await cache.open({ maxBytes: 50_000 });
    for (let i = 0; i < 400; i++) await store.put(SPACE, keyOf(i), rowOf(i, LENGTH));
    expect((await cacheStatus(cache.folders)).bytes).toBeLessThanOrEqual(50_000);
    expect(await store.get(SPACE, keyOf(399))).toEqual(rowOf(399, LENGTH));
    expect(await store.get(SPACE, keyOf(0))).toBeUndefined();
    expect((await found(400)).length).toBeGreaterThan(80);
  });

  test("a leased space is never given up; a put that finds no room stores nothing and says so once", async () => {
    await fill(20);
    const told: string[] = [];
    await using store = await cache.open({ maxBytes: 9_100, onLimit: (message) => told.push(message) });
    const lease = await store.lease(SPACE);
    await store.put(spaceOf(1), keyOf(1), rowOf(1, LENGTH));
    await store.put(spaceOf(1), keyOf(2), rowOf(2, LENGTH));
    expect(await store.get(spaceOf(1), keyOf(1))).toBeUndefined();
    expect(told).toEqual([expect.stringMatching(/limit of 1 MB.*runs in progress/)]);
    expect(await found(20)).toHaveLength(20);
    const kept = await pruneCache(cache.folders, { maxBytes: 0 });
    expect(kept).toEqual({
      freedBytes: 0,
      freedEntries: 0,
      freedArchives: 0,
      keptForLiveRuns: 64 + 20 * 448,
    });

    await lease[Symbol.asyncDispose]();
    const freed = await pruneCache(cache.folders, { maxBytes: 0 });
    expect(freed).toEqual({
      freedBytes: 64 + 20 * 448,
      freedEntries: 20,
      freedArchives: 0,
      keptForLiveRuns: 0,
    });
    expect(await cacheStatus(cache.folders)).toEqual({ bytes: 0, entries: 0, spaces: [], archives: [] });
  });

  test("the lease of a process that ended is void, also when its number was given to another", async () => {
    await fill(2);
    const id = await featureSpaceId(SPACE);
    await using store = await cache.open();
    await store.lease(SPACE);
    const [mine = ""] = await cache.files(".lease");
    const name = mine.slice(mine.lastIndexOf("/") + 1);
    const [scope, pid, started, random] = name.replace(".lease", "").split("-");
    const other = (...parts: (string | undefined)[]): string =>
      join(cache.folder, id, `${parts.join("-")}.lease`);
    await writeFile(other(scope, pid, "1", random), ""); // this pid, another start
    const gone = spawnSync(process.execPath, ["-e", ""]).pid;
    await writeFile(other(scope, `${gone}`, started, random), "");
    await store.close(); // gives its own back
    expect(await cache.files(".lease")).toHaveLength(2);
    expect(await pruneCache(cache.folders, { maxBytes: 0 })).toMatchObject({ freedEntries: 2 });

    // of another machine all that is known is when it last showed life
    await fill(2);
    const foreign = other("0".repeat(12), pid, started, random);
    await writeFile(foreign, "");
    expect(await pruneCache(cache.folders, { maxBytes: 0 })).toMatchObject({ freedEntries: 0 });
    await utimes(foreign, 1, 1);
    expect(await pruneCache(cache.folders, { maxBytes: 0 })).toMatchObject({ freedEntries: 2 });
    await (await openFeatureStore({ folder: cache.folder })).close();
    expect(await cache.files("")).toEqual([]);
  });

  test("a pack that another process gave up under a writer is begun anew", async () => {
    await using store = await cache.open();
    await store.put(SPACE, keyOf(1), rowOf(1, LENGTH));
    await pruneCache(cache.folders, { maxBytes: 0 });
    await store.put(SPACE, keyOf(2), rowOf(2, LENGTH));
    expect(await found(3)).toEqual([2]);
  });
});

test("status tells what each space is and holds", async () => {
  await fill(3);
  await fill(
    2,
    spaceOf(299, { augmentation: { rotation: 1, shift: 0, shear: 0, zoom: 0, flip: true, brightness: 0 } }),
  );
  const { bytes, entries, spaces } = await cacheStatus(cache.folders);
  expect([bytes, entries]).toEqual([2 * 64 + 5 * 448, 5]);
  expect(spaces.map(({ id, space, entries: each }) => [id, space, each])).toContainEqual([
    await featureSpaceId(SPACE),
    SPACE,
    3,
  ]);
  const [description = ""] = await cache.files("space.json");
  await appendFile(description, "x");
  expect((await cacheStatus(cache.folders)).spaces.filter(({ space }) => space === null)).toHaveLength(1);
  const absent = cacheFolders(join(cache.folder, "absent"));
  expect(await cacheStatus(absent)).toEqual({ bytes: 0, entries: 0, spaces: [], archives: [] });
});

test("a folder that cannot be made is refused with what to do", async () => {
  await mkdir(cache.folder, { recursive: true });
  await writeFile(join(cache.folder, "file"), "");
  const refused = openFeatureStore({ folder: join(cache.folder, "file", "features") });
  await expect(refused).rejects.toMatchObject({
    code: "bad-input",
    message: expect.stringMatching(/`home`/),
  });
  await rm(join(cache.folder, "file"));
});
