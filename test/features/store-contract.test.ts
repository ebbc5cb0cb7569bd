import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryFeatureStore, DECODER_VERSION, type FeatureSpace, type FeatureStore } from "@graft/core";
import { openFeatureStore } from "@graft/core/node";
import { afterAll, describe, expect, it } from "vitest";

const folder = await mkdtemp(join(tmpdir(), "graft-stores-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const SPACE: FeatureSpace = {
  ...{ decoder: DECODER_VERSION, weights: "a".repeat(64), inputRange: [0, 1], cut: "mixed7", pool: "avg" },
  rule: { version: 1, size: 75, fit: "stretch", resize: "bilinear" },
  ...{ augmentation: null, cacheType: "float32", backend: "onnx:cpu", engineVersion: "1" },
};
const key = (at: number, variant = 0) => ({ hash: at.toString(16).padStart(64, "0"), variant });
const row = (at: number): Float32Array => Float32Array.of(at, at + 0.25, -at);

/** What every feature store must do, wherever it keeps rows. */
const STORES: readonly [string, () => Promise<FeatureStore & Partial<AsyncDisposable>>][] = [
  ["in memory", async () => createMemoryFeatureStore()],
  ["on a disk", () => openFeatureStore({ folder: join(folder, crypto.randomUUID()) })],
];

describe.each(STORES)("a feature store %s", (_, open) => {
  it("gives back many rows in the order of the keys, and undefined for what it has not", async () => {
    const store = await open();
    await store.putMany(
      SPACE,
      [1, 2, 3].map((at) => ({ key: key(at), row: row(at) })),
    );
    const keys = [key(3), key(9), key(1), key(1, 1)];
    expect(await store.getMany(SPACE, keys)).toEqual([row(3), undefined, row(1), undefined]);
    expect(await store.hasMany(SPACE, keys)).toEqual([true, false, true, false]);
    expect(await store.getMany(SPACE, [])).toEqual([]);
    await store[Symbol.asyncDispose]?.();
  });

  it("keeps spaces apart, two decoders' pixels among them", async () => {
    const store = await open();
    await store.putMany(SPACE, [{ key: key(1), row: row(1) }]);
    for (const other of [{ decoder: "canvas-1" }, { cut: "mixed6" }] as const)
      expect(await store.getMany({ ...SPACE, ...other }, [key(1)])).toEqual([undefined]);
    await store[Symbol.asyncDispose]?.();
  });

  it("leaves the rows the caller's, and gives arrays that are the caller's", async () => {
    const store = await open();
    const mine = row(1);
    await store.putMany(SPACE, [{ key: key(1), row: mine }]);
    mine.fill(0);
    const [first] = await store.getMany(SPACE, [key(1)]);
    first?.fill(9);
    expect(await store.getMany(SPACE, [key(1)])).toEqual([row(1)]);
    await store[Symbol.asyncDispose]?.();
  });

  it("rounds to float16 in a space of that type", async () => {
    const store = await open();
    const space = { ...SPACE, cacheType: "float16" } as const;
    await store.putMany(space, [{ key: key(1), row: Float32Array.of(0.1, 1, 2) }]);
    expect(await store.getMany(space, [key(1)])).toEqual([Float32Array.of(0.0999755859375, 1, 2)]);
    await store[Symbol.asyncDispose]?.();
  });

  it("gives a lease of a space, which can be let go", async () => {
    const store = await open();
    const lease = await store.lease(SPACE);
    await store.putMany(SPACE, [{ key: key(1), row: row(1) }]);
    await lease[Symbol.asyncDispose]();
    expect(await store.hasMany(SPACE, [key(1)])).toEqual([true]);
    await store[Symbol.asyncDispose]?.();
  });
});

it("in memory keeps no more than its limit", async () => {
  const store = createMemoryFeatureStore({ maxBytes: 24 });
  await store.putMany(
    SPACE,
    [1, 2, 3].map((at) => ({ key: key(at), row: row(at) })),
  );
  expect(await store.hasMany(SPACE, [key(1), key(2), key(3)])).toEqual([true, true, false]);
  expect(store.bytes).toBe(24);
});
