import { open, writeFile } from "node:fs/promises";
import { forgetFeatures } from "@graft/core/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keyOf, openCacheFolder, rowOf, spaceOf } from "./rows.ts";

const LENGTH = 100;
const [FIRST, SECOND] = [spaceOf(150), spaceOf(75)];
const IMAGES = [0, 1, 2, 3, 4];
let cache: Awaited<ReturnType<typeof openCacheFolder>>;
beforeEach(async () => {
  cache = await openCacheFolder();
});
afterEach(() => cache.close());

const hashesOf = (...images: readonly number[]): ReadonlySet<string> =>
  new Set(images.map((image) => keyOf(image).hash));

const bytesOf = (image: number): Buffer => Buffer.from(rowOf(image, LENGTH).buffer);

/** Packs that hold a row's bytes, wherever in them. */
async function packsWith(image: number): Promise<number> {
  const packs = await Promise.all((await cache.files(".pack")).map(cache.read));
  return packs.filter((pack) => pack.includes(bytesOf(image))).length;
}

test("takes images out of every space, all variants, and leaves others to those who read them", async () => {
  const store = await cache.open();
  for (const space of [FIRST, SECOND])
    for (const image of IMAGES)
      for (const variant of [0, 1]) await store.put(space, keyOf(image, variant), rowOf(image, LENGTH));
  expect(await packsWith(1)).toBe(2);
  // while a run has them open, and goes on writing
  await using _lease = await store.lease(FIRST);
  expect(await forgetFeatures(cache.folder, hashesOf(1, 3, 99))).toBe(8);
  expect(await packsWith(1)).toBe(0);
  for (const space of [FIRST, SECOND])
    for (const image of IMAGES) {
      const row = await store.get(space, keyOf(image, 1));
      expect(row).toEqual(image === 1 || image === 3 ? undefined : rowOf(image, LENGTH));
    }
  // it is computed again where somebody needs it
  await store.put(FIRST, keyOf(1), rowOf(1, LENGTH));
  expect(await store.get(FIRST, keyOf(1))).toEqual(rowOf(1, LENGTH));
  await store.close();
  await using later = await cache.open();
  expect(await later.get(FIRST, keyOf(4))).toEqual(rowOf(4, LENGTH));
  expect(await later.hasMany(SECOND, [keyOf(1), keyOf(3)])).toEqual([false, false]);
  expect(await forgetFeatures(cache.folder, hashesOf(3))).toBe(0);
});

test("a store that forgets images says at once that it lacks them, and takes them anew", async () => {
  await using store = await cache.open();
  const keys = IMAGES.map((image) => keyOf(image));
  await store.putMany(
    FIRST,
    IMAGES.map((image) => ({ key: keyOf(image), row: rowOf(image, LENGTH) })),
  );
  await store.forget(hashesOf(1, 3));
  expect(await packsWith(1)).toBe(0);
  expect(await store.hasMany(FIRST, keys)).toEqual([true, false, true, false, true]);
  await store.putMany(FIRST, [{ key: keyOf(1), row: rowOf(1, LENGTH) }]);
  expect(await store.hasMany(FIRST, keys)).toEqual([true, true, true, false, true]);
  expect((await store.getMany(FIRST, keys))[1]).toEqual(rowOf(1, LENGTH));
});

test("finishes what a kill cut off between a row and its header", async () => {
  const store = await cache.open();
  await store.put(FIRST, keyOf(0), rowOf(0, LENGTH));
  await store.close();
  const [path = ""] = await cache.files(".pack");
  const at = (await cache.read(path)).indexOf(bytesOf(0));
  const handle = await open(path, "r+");
  await handle.write(Buffer.alloc(bytesOf(0).length), 0, bytesOf(0).length, at);
  await handle.close();
  expect((await cache.read(path)).includes(Buffer.from(keyOf(0).hash, "hex"))).toBe(true);
  expect(await forgetFeatures(cache.folder, hashesOf(0))).toBe(1);
  expect((await cache.read(path)).includes(Buffer.from(keyOf(0).hash, "hex"))).toBe(false);
});

test("leaves a pack of a newer graft and what is no pack alone; a cache that is not there has nothing", async () => {
  const store = await cache.open();
  await store.put(FIRST, keyOf(0), rowOf(0, LENGTH));
  await store.close();
  const [path = ""] = await cache.files(".pack");
  const newer = await cache.read(path);
  newer.write("graftpk2", "latin1");
  await writeFile(path, newer);
  expect(await forgetFeatures(cache.folder, hashesOf(0))).toBe(0);
  expect((await cache.read(path)).equals(newer)).toBe(true);
  expect(await forgetFeatures(`${cache.folder}-none`, hashesOf(0))).toBe(0);
});
