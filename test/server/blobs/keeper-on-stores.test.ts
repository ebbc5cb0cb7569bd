import { BLOB_KINDS, BlobKeeper, checkBlobs, storageFacts, storeId } from "@graft/api";
import { expect, it } from "vitest";
import { openBlobStore } from "../../../apps/server/src/blobs/open-blob-store.ts";
import { sampleAccount, sampleDataset, sampleImage } from "../contract/sample-rows.ts";
import { describeOnPairs, type TestPair } from "../open-pair.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const NO_CHANGE = { classes: [], parts: new Map() } as const;

describeOnPairs("the keeper of blobs", (open) => {
  const startOf = async ({ store: { repository }, blobs }: TestPair) => {
    const account = sampleAccount();
    await repository.accounts.create(account);
    const dataset = sampleDataset(account.id);
    await repository.datasets.create(dataset, []);
    const ports = { repository, blobs, clock: Date.now };
    const keeper = new BlobKeeper(ports);
    /** @returns the picture's id. */
    const add = async (text: string, by = keeper): Promise<string> => {
      await using kept = await by.keep(bytes(text));
      const image = sampleImage(dataset.id, { hash: kept.hash, bytes: kept.bytes });
      await repository.images.add(dataset.id, { ...NO_CHANGE, images: [image], at: Date.now() });
      return image.id;
    };
    const remove = async (ids: readonly string[], by = keeper): Promise<void> => {
      const rows = await repository.images.remove(dataset.id, ids, Date.now());
      await by.drop(rows.map(({ hash }) => hash));
    };
    const stored = async (): Promise<string[]> => {
      const hashes: string[] = [];
      for await (const page of blobs.list()) hashes.push(...page.map(({ hash }) => hash));
      return hashes;
    };
    return { ports, keeper, add, remove, stored };
  };

  it("keeps a picture that two servers add and remove at the same time, as long as a row names it", async () => {
    await using pair = await open();
    const { ports, add, remove, stored } = await startOf(pair);
    const [one, other] = [new BlobKeeper(ports), new BlobKeeper(ports)];
    let before = await add("the same picture");
    for (let round = 0; round < 12; round++) {
      const [added] = await Promise.all([add("the same picture", one), remove([before], other)]);
      expect(await checkBlobs(ports)).toEqual([]);
      expect(await stored()).toHaveLength(1);
      before = added;
    }
    await remove([before]);
    expect(await stored()).toEqual([]);
    expect(await ports.repository.blobs.deletions()).toEqual([]);
  });

  it("finishes after a restart what a kill cut off", async () => {
    await using pair = await open();
    const { ports, add, remove, stored } = await startOf(pair);
    const id = await add("cut off");
    const killed = async (): Promise<void> => {
      throw new Error("killed");
    };
    const dying = new BlobKeeper({ ...ports, blobs: { ...ports.blobs, delete: killed } });
    await expect(remove([id], dying)).rejects.toThrow("killed");
    expect(await stored()).toHaveLength(1);
    await pair.reopen();
    const { repository } = pair.store;
    const keeper = new BlobKeeper({ ...ports, repository });
    await keeper.finishDeletions({ isAlone: true });
    expect(await stored()).toEqual([]);
    await (await keeper.keep(bytes("cut off"))).release();
    expect(await repository.blobs.deletions()).toEqual([]);
  });

  it("sweeps, checks and counts", async () => {
    await using pair = await open();
    const { ports, keeper, add, stored } = await startOf(pair);
    for (const text of ["one", "two", "two", "three"]) await add(text);
    const { hash } = await ports.blobs.put(bytes("an upload that was given up"));
    await using held = await keeper.keep(bytes("an upload under way"));
    expect(await keeper.sweep(), "it is not a day old").toEqual({ blobs: 0, bytes: 0 });
    expect(await storageFacts(ports)).toMatchObject({
      kinds: BLOB_KINDS.map((kind) =>
        kind === "picture" ? { kind, blobs: 3, bytes: 11 } : { kind, blobs: 0 },
      ),
      unnamed: { blobs: 2, bytes: 46 },
      all: { blobs: 5, bytes: 57 },
    });
    expect(await keeper.sweep({ olderThanMs: -60_000 })).toEqual({ blobs: 1, bytes: 27 });
    expect(await stored()).not.toContain(hash);
    expect(await stored()).toContain(held.hash);
    expect(await checkBlobs(ports)).toEqual([]);
    const [lost = ""] = (await stored()).filter((one) => one !== held.hash);
    await ports.blobs.delete(lost);
    expect(await checkBlobs(ports)).toMatchObject([{ hash: lost, trouble: "missing", kind: "picture" }]);
  });

  it("has a place of its own, which another store of rows is refused", async () => {
    await using pair = await open();
    const { leases } = pair.store.repository;
    const [store, again] = await Promise.all([storeId(leases), storeId(leases)]);
    expect(again).toBe(store);
    await openBlobStore(pair.place, { store });
    await pair.reopen();
    await openBlobStore(pair.place, { store: await storeId(pair.store.repository.leases) });
    await using other = await open();
    const foreign = await storeId(other.store.repository.leases);
    await expect(openBlobStore(pair.place, { store: foreign })).rejects.toMatchObject({ code: "conflict" });
  });
});
