import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  augmentationSchema,
  type CoreError,
  decodeFloat16,
  type ExtractOptions,
  type ExtractProgress,
  encodeFloat16,
  extractFeatures,
  type FeatureTable,
  type Program,
  preparedBy,
} from "@graft/core";
import { oneByOne } from "@graft/core/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openProblem } from "./extract-problem.ts";
import { keyOf, openCacheFolder, spaceOf } from "./rows.ts";

const ROW = 20;
const IMAGES = 11;
let problem: Awaited<ReturnType<typeof openProblem>>;
let cache: Awaited<ReturnType<typeof openCacheFolder>>;
beforeEach(async () => {
  [problem, cache] = [await openProblem(IMAGES), await openCacheFolder()];
});
afterEach(async () => {
  await cache.close();
  await problem.close();
});

const extract = (change?: Partial<ExtractOptions>): Promise<FeatureTable> =>
  extractFeatures(problem.options(change));
async function rowsOf(
  table: FeatureTable,
  positions = Array.from({ length: table.numRows }, (_, i) => i),
): Promise<number[][]> {
  const out = new Float32Array(positions.length * ROW);
  await table.read(positions, out);
  return positions.map((_, i) => [...out.subarray(i * ROW, (i + 1) * ROW)]);
}

describe("rows", () => {
  test("do not depend on the order of images, the batch or how many are decoded ahead", async () => {
    const rows = await rowsOf(await extract());
    expect(rows).toHaveLength(IMAGES);
    expect(new Set(rows.map(String)).size).toBe(IMAGES);
    expect(problem.asked.batches).toEqual([4, 4, 4]); // the last one filled up
    const reversed = await extract({ images: problem.images.toReversed(), batch: 3, decodeAhead: 50 });
    expect((await rowsOf(reversed)).toReversed()).toEqual(rows);
    expect(await rowsOf(await extract({ batch: 64, decodeAhead: 1 }))).toEqual(rows);
    expect(problem.asked).toMatchObject({ compiled: 3, disposed: 3 });
  });

  test("come image by image, variant by variant", async () => {
    const augmentation = augmentationSchema.parse({});
    const space = spaceOf(8, { augmentation });
    const all = await rowsOf(await extract({ space, variants: [0, 2, 5] }));
    expect(all).toHaveLength(3 * IMAGES);
    expect(new Set(all.map(String)).size).toBe(3 * IMAGES);
    const one = await rowsOf(await extract({ space, variants: [2] }));
    expect(one).toEqual(all.filter((_, row) => row % 3 === 1));
    // more variants than a batch: an image is prepared in pieces, and all of them are right
    problem.asked.prepared.length = 0;
    const images = problem.images.slice(0, 1);
    const many = await rowsOf(await extract({ space, images, variants: [0, 1, 2, 3, 4, 5] }));
    expect([many[0], many[2], many[5]]).toEqual(all.slice(0, 3));
    expect(problem.asked.prepared).toEqual(["0.png", "0.png"]);
  });

  test("of one content are computed once, from whichever file is usable", async () => {
    const [first, second] = problem.images;
    if (!first || !second) throw new Error("there are images");
    const twin = await problem.add("twin.png", await readFile(join(problem.root, first.path)));
    await writeFile(join(problem.root, first.path), "changed");
    const rows = await rowsOf(await extract({ images: [first, second, twin, first] }));
    expect([rows[2], rows[3]]).toEqual([rows[0], rows[0]]);
    expect(rows[1]).not.toEqual(rows[0]);
    expect(problem.asked.prepared).toEqual([first.path, second.path, twin.path]);
    expect(problem.asked.batches).toEqual([4]);
  });

  test("of a float16 cache are the same fresh and read back", async () => {
    const exact = await rowsOf(await extract());
    const space = spaceOf(8, { cacheType: "float16" });
    await using store = await cache.open();
    const rounded = exact.map((row) => [...decodeFloat16(encodeFloat16(Float32Array.from(row)))]);
    expect(await rowsOf(await extract({ space, store }))).toEqual(rounded);
    expect(await rowsOf(await extract({ space, store }))).toEqual(rounded);
    expect(await rowsOf(await extract({ space, store, memoryBytes: 0 }))).toEqual(rounded);
  });

  test("are refused where they are not, and in an array of the wrong length", async () => {
    const table = await extract();
    expect(table.rowShape).toEqual([2, 2, 5]);
    await expect(table.read([IMAGES], new Float32Array(ROW))).rejects.toMatchObject({ code: "bad-input" });
    await expect(table.read([0], new Float32Array(7))).rejects.toMatchObject({ code: "bad-input" });
    expect((await extract({ images: [] })).numRows).toBe(0);
    await expect(extract({ rowShape: [2, 2, 6] })).rejects.toMatchObject({ code: "backend" });
  });
});

describe("a store", () => {
  test("that has every row saves all trunk work, the compiling too", async () => {
    await using store = await cache.open();
    const first = await rowsOf(await extract({ store, images: problem.images.slice(0, 6) }));
    const seen: ExtractProgress[] = [];
    const all = await rowsOf(await extract({ store, onProgress: (progress) => seen.push(progress) }));
    expect(all.slice(0, 6)).toEqual(first);
    expect(seen.at(-1)).toEqual({ done: IMAGES, total: IMAGES, computed: IMAGES - 6 });
    expect(problem.asked).toMatchObject({ compiled: 2, disposed: 2 });
    expect(problem.asked.prepared).toHaveLength(IMAGES);
    expect(await rowsOf(await extract({ store, images: problem.images.toReversed() }))).toEqual(
      all.toReversed(),
    );
    expect(problem.asked.compiled).toBe(2);
  });

  test("holds what is beyond the memory budget, with equal values in any order", async () => {
    const inMemory = await rowsOf(await extract());
    await using store = await cache.open();
    const order = [7, 0, 10, 7, 3, 3, 9];
    for (const memoryBytes of [0, 4 * ROW * 3]) {
      const table = await extract({ store, memoryBytes });
      expect(await rowsOf(table, order)).toEqual(order.map((row) => inMemory[row]));
    }
    expect(problem.asked.compiled).toBe(2);
  });

  test("that loses rows under a table has them computed again", async () => {
    const inMemory = await rowsOf(await extract());
    await using store = await cache.open();
    const table = await extract({ store, memoryBytes: 0 });
    const [pack = ""] = await cache.files(".pack");
    const bytes = await readFile(pack);
    for (const row of [2, 5]) bytes[64 + row * (48 + 4 * ROW) + 50] = 99;
    await writeFile(pack, bytes);
    expect(await rowsOf(table)).toEqual(inMemory);
    expect(problem.asked.compiled).toBe(3);
    expect(await rowsOf(table)).toEqual(inMemory);
    expect(problem.asked).toMatchObject({ compiled: 3, disposed: 3 }); // they were stored again
  });

  test("that is full is told of once; everything is there all the same", async () => {
    const inMemory = await rowsOf(await extract());
    const { CoreError } = await import("@graft/core");
    const [told, puts]: [CoreError[], string[]] = [[], []];
    await using real = await cache.open();
    const full = oneByOne({
      get: (space, key) => real.get(space, key),
      put: async (space, key, row) => {
        puts.push(key.hash);
        if (puts.length > 2) throw new CoreError("disk-full", { what: "No room." });
        await real.put(space, key, row);
      },
    });
    const onStoreFull = (error: CoreError) => told.push(error);
    const table = await extract({ store: full, memoryBytes: 4 * ROW, onStoreFull });
    expect(await rowsOf(table)).toEqual(inMemory);
    expect(told.map(({ code }) => code)).toEqual(["disk-full"]);
    expect(puts.length).toBeLessThanOrEqual(4); // no more than the batch in which it happened
  });

  test("that keeps nothing because of its limit leaves the rows in memory", async () => {
    const inMemory = await rowsOf(await extract());
    await using store = await cache.open({ maxBytes: 300 });
    const table = await extract({ store, memoryBytes: 0 });
    const before = problem.asked.compiled;
    expect(await rowsOf(table, [10, 9])).toEqual([inMemory[10], inMemory[9]]);
    expect(problem.asked.compiled).toBe(before);
  });
});

describe("a broken image", () => {
  test("stops the extraction, or becomes rows of NaN that are not stored", async () => {
    const [first, , third, ...others] = problem.images;
    if (!first || !third) throw new Error("there are images");
    await writeFile(join(problem.root, third.path), "no image any more");
    await expect(extract()).rejects.toMatchObject({ code: "corrupt" });
    expect(problem.asked.disposed).toBe(problem.asked.compiled);

    await using store = await cache.open();
    const broken: string[] = [];
    const images = [first, third, ...others];
    const space = spaceOf(8, { augmentation: augmentationSchema.parse({}) });
    const variants = [0, 1, 2, 3, 4, 5]; // in two pieces, told of once
    const table = await extract({
      ...{ images, store, space, variants },
      onBroken: (image, error) => broken.push(`${image.path} ${error.code}`),
    });
    expect(broken).toEqual([`${third.path} corrupt`]);
    const rows = await rowsOf(table);
    const isNaNRow = rows.map((row) => row.every(Number.isNaN));
    expect(isNaNRow.slice(6, 12)).toEqual(variants.map(() => true));
    expect(isNaNRow.filter(Boolean)).toHaveLength(6);
    expect(await store.has(space, { hash: third.hash, variant: 0 })).toBe(false);
  });

  test("that is the last one, or the only one, is no trouble", async () => {
    const last = problem.images.at(-1);
    if (!last) throw new Error("there are images");
    await writeFile(join(problem.root, last.path), "no image any more");
    const onBroken = (): void => undefined;
    expect((await rowsOf(await extract({ onBroken, batch: 1 }))).at(-1)).toEqual(Array(ROW).fill(Number.NaN));
    expect(await rowsOf(await extract({ onBroken, images: [last] }))).toHaveLength(1);
  });
});

test.each([Number.NaN, Number.NEGATIVE_INFINITY])(
  "features with %d in them are an error that names the weights, and are not stored",
  async (wrong) => {
    await using store = await cache.open();
    const { openProgram } = problem.options();
    const opened = async (): Promise<Program> => {
      const program = await openProgram();
      const run: Program["run"] = async (inputs) => {
        const outputs = await program.run(inputs);
        // the second of the batch
        outputs.features?.data.fill(wrong, ROW + 3, ROW + 4);
        return outputs;
      };
      return { ...program, run };
    };
    const extraction = extract({ store, openProgram: opened, onBroken: () => undefined });
    await expect(extraction).rejects.toMatchObject({
      code: "bad-input",
      message: expect.stringMatching(new RegExp(`not finite.*weights.*${wrong}.*\`weights\``)),
    });
    expect(await cache.files(".pack")).toEqual([]);
    expect(problem.asked.disposed).toBe(problem.asked.compiled);
  },
);

describe("cancelling", () => {
  test("ends it as cancelled with the finished batches stored, and the next run goes on from there", async () => {
    const inMemory = await rowsOf(await extract());
    await using store = await cache.open();
    const stop = new AbortController();
    const onProgress = ({ computed }: ExtractProgress): void => {
      if (computed >= 4) stop.abort();
    };
    await expect(extract({ store, signal: stop.signal, onProgress })).rejects.toMatchObject({
      code: "cancelled",
    });
    const stored = await Promise.all(
      problem.images.map(({ hash }) => store.has(spaceOf(8), { hash, variant: 0 })),
    );
    const kept = stored.filter(Boolean).length;
    expect(kept).toBeGreaterThanOrEqual(4);
    let last: ExtractProgress | undefined;
    const table = await extract({
      store,
      onProgress: (progress) => {
        last = progress;
      },
    });
    expect(last).toEqual({ done: IMAGES, total: IMAGES, computed: IMAGES - kept });
    expect(await rowsOf(table)).toEqual(inMemory);
    expect(problem.asked.disposed).toBe(problem.asked.compiled);
  });

  test("does not wait for an image that takes for ever", async () => {
    const stop = new AbortController();
    const prepare = preparedBy("drawn-1", (): Promise<never> => {
      setTimeout(() => stop.abort(), 5);
      return new Promise(() => undefined);
    });
    await expect(extract({ prepare, signal: stop.signal })).rejects.toMatchObject({ code: "cancelled" });
    await expect(extract({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "cancelled" });
  });
});

test("decoding ahead keeps to its bounds", async () => {
  const bounds = { inWork: 0, most: 0, untaken: 0, mostUntaken: 0 };
  const { prepare, openProgram } = problem.options();
  await extract({
    decodeAhead: 3,
    batch: 2,
    prepare: preparedBy("drawn-1", async (...request) => {
      bounds.inWork++;
      bounds.untaken++;
      bounds.most = Math.max(bounds.most, bounds.inWork);
      bounds.mostUntaken = Math.max(bounds.mostUntaken, bounds.untaken);
      return prepare(...request).finally(() => bounds.inWork--);
    }),
    openProgram: async () => {
      const program = await openProgram();
      return {
        ...program,
        run: (inputs) => {
          bounds.untaken -= 2;
          return program.run(inputs);
        },
      };
    },
  });
  expect(bounds.most).toBeLessThanOrEqual(3);
  // two batches decoded or on their way, one being put together, one waiting for the trunk
  expect(bounds.mostUntaken).toBeLessThanOrEqual(8);
});

test("a program that cannot be opened fails the extraction", async () => {
  const openProgram = (): Promise<never> => Promise.reject(new Error("no such engine"));
  await expect(extract({ openProgram })).rejects.toThrow("no such engine");
  expect(await (await cache.open()).has(spaceOf(8), keyOf(1))).toBe(false);
});
