import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type NodeFeatureStore, openFeatureStore } from "@graft/core/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mountSmallDisk } from "../small-disk.ts";
import { isRowOf, keyOf, rowOf, spaceOf } from "./rows.ts";

const LENGTH = 10_000;
const { small, refusal } = await mountSmallDisk("1m");

describe.skipIf(refusal)(`a full disk${refusal ? ` (skipped: ${refusal})` : ""}`, () => {
  let store: NodeFeatureStore;
  beforeAll(async () => {
    store = await openFeatureStore({ folder: join(small, "features") });
  });
  afterAll(() => store.close());

  test("fails a put with what to do, and keeps every row from before", async () => {
    let stored = 0;
    const fill = async (): Promise<void> => {
      for (; stored < 100; stored++) await store.put(spaceOf(1), keyOf(stored), rowOf(stored, LENGTH));
    };
    await expect(fill()).rejects.toMatchObject({
      code: "disk-full",
      message: expect.stringMatching(/ENOSPC.*graft cache prune/),
    });
    expect(stored).toBeGreaterThan(20);
    for (let image = 0; image < stored; image++)
      expect(isRowOf(await store.get(spaceOf(1), keyOf(image)), image)).toBe(true);
    expect(await store.get(spaceOf(1), keyOf(stored))).toBeUndefined();

    // another space, whose first pack does not even get a header once nothing is left
    const other = async (): Promise<void> => {
      for (let image = 0; image < 300; image++) await store.put(spaceOf(2), keyOf(image), rowOf(image, 500));
    };
    await expect(other()).rejects.toMatchObject({ code: "disk-full" });
    // Room is made by someone else. The put that fails lets go of what was given up, the next one has room.
    await rm(join(small, "features"), { recursive: true });
    const put = (): Promise<void> => store.put(spaceOf(1), keyOf(1000), rowOf(1000, LENGTH));
    await put().catch(put);
    expect(isRowOf(await store.get(spaceOf(1), keyOf(1000)), 1000)).toBe(true);
  });
});
