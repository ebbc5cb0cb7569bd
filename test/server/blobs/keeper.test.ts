import { BLOB_KINDS, BlobKeeper, type BlobPorts, checkBlobs, storageFacts } from "@graft/api";
import { describe, expect, it } from "vitest";
import { type MemoryBlobRows, memoryBlobRows, memoryBlobStore } from "./memory-blobs.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

function opened() {
  let now = 1_800_000_000_000;
  const clock = (): number => now;
  const blobs = memoryBlobStore({ clock });
  const rows = memoryBlobRows({ clock });
  const ports: BlobPorts = { blobs, repository: { blobs: rows }, clock };
  const pass = (ms: number): void => {
    now += ms;
  };
  return { blobs, rows, ports, pass, keeper: new BlobKeeper(ports) };
}
const nameIt = (rows: MemoryBlobRows, id: string, hash: string): unknown =>
  rows.rows.set(id, { hash, bytes: null, kind: "picture" });

describe("the keeper of blobs", () => {
  it("keeps what a row names, and takes away what none does when it is let go", async () => {
    const { keeper, blobs, rows } = opened();
    const kept = await keeper.keep(bytes("named"));
    nameIt(rows, "row", kept.hash);
    await kept.release();
    const other = await keeper.keep(bytes("given up"));
    expect(blobs.stored.size).toBe(2);
    await other.release();
    await other.release();
    expect([...blobs.stored.keys()]).toEqual([kept.hash]);
  });

  it("drops what no row names any more, not what another row names", async () => {
    const { keeper, blobs, rows } = opened();
    for (const row of ["one", "two"]) {
      await using kept = await keeper.keep(bytes("shared"));
      nameIt(rows, row, kept.hash);
    }
    const [hash = ""] = blobs.stored.keys();
    rows.rows.delete("one");
    await keeper.drop([hash, hash]);
    expect(blobs.stored.has(hash)).toBe(true);
    rows.rows.delete("two");
    await keeper.drop([hash]);
    expect(blobs.stored.size).toBe(0);
    expect(await rows.deletions()).toEqual([]);
  });

  it("drops what somebody held when he lets it go", async () => {
    const { keeper, blobs, rows } = opened();
    const first = await keeper.keep(bytes("same"));
    nameIt(rows, "row", first.hash);
    await first.release();
    const second = await keeper.keep(bytes("same"));
    rows.rows.delete("row");
    await keeper.drop([first.hash]);
    expect(blobs.stored.size).toBe(1);
    await second.release();
    expect(blobs.stored.size).toBe(0);
  });

  it("holds what is stored already for rows that will name it", async () => {
    const { keeper, blobs, rows } = opened();
    const kept = await keeper.keep(bytes("here"));
    nameIt(rows, "row", kept.hash);
    await kept.release();
    const missing = "0".repeat(64);
    await using copy = keeper.begin();
    expect(await copy.keepStored([missing, kept.hash])).toEqual(new Set([kept.hash]));
    rows.rows.delete("row");
    await keeper.drop([kept.hash]);
    nameIt(rows, "copied", kept.hash);
    await copy.release();
    expect([...blobs.stored.keys()]).toEqual([kept.hash]);
  });

  it("holds many that will be kept by one call, and asks for none of them again", async () => {
    const { keeper, blobs, rows, ports } = opened();
    const asked: (readonly string[])[] = [];
    const hold: typeof rows.hold = (hashes, options) => {
      asked.push(hashes);
      return rows.hold(hashes, options);
    };
    const counting = new BlobKeeper({ ...ports, repository: { blobs: { ...rows, hold } } });
    const [one, two] = [await keeper.keep(bytes("one")), await keeper.keep(bytes("two"))];
    const keeping = counting.begin();
    await keeping.hold([one.hash, two.hash]);
    await one.release();
    await two.release();
    expect(blobs.stored.size).toBe(2);
    await keeping.keep(bytes("one"));
    expect(asked).toEqual([[one.hash, two.hash]]);
    nameIt(rows, "row", one.hash);
    await keeping.release();
    expect([...blobs.stored.keys()]).toEqual([one.hash]);
  });

  it("holds what is stored before it looks whether it is", async () => {
    const { keeper, blobs, rows, ports } = opened();
    const kept = await keeper.keep(bytes("here"));
    nameIt(rows, "row", kept.hash);
    await kept.release();
    const head: typeof blobs.head = async (hash) => {
      const facts = await blobs.head(hash);
      rows.rows.delete("row");
      await keeper.drop([hash]);
      return facts;
    };
    const late = new BlobKeeper({ ...ports, blobs: { ...blobs, head } }).begin();
    expect(await late.keepStored([kept.hash])).toEqual(new Set([kept.hash]));
    expect(blobs.stored.has(kept.hash)).toBe(true);
    await late.release();
    expect(blobs.stored.size).toBe(0);
  });

  it("holds by one call what is stored together", async () => {
    const { blobs, rows, ports } = opened();
    const calls: number[] = [];
    const hold: typeof rows.hold = async (hashes, of) => {
      calls.push(hashes.length);
      return rows.hold(hashes, of);
    };
    await using keeping = new BlobKeeper({ ...ports, repository: { blobs: { ...rows, hold } } }).begin();
    await Promise.all(Array.from({ length: 20 }, (_, at) => keeping.keep(bytes(`together ${at}`))));
    expect(blobs.stored.size).toBe(20);
    expect(calls.reduce((sum, length) => sum + length, 0)).toBe(20);
    expect(calls.length).toBeLessThan(6);
  });

  it("fails all that are asked for together when the store of rows fails, and none after", async () => {
    const { rows, ports } = opened();
    let isAway = true;
    const hold: typeof rows.hold = async (hashes, of) => {
      if (isAway) throw new Error("the store is away");
      return rows.hold(hashes, of);
    };
    await using keeping = new BlobKeeper({ ...ports, repository: { blobs: { ...rows, hold } } }).begin();
    const both = await Promise.allSettled([keeping.keep(bytes("a")), keeping.keep(bytes("b"))]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    isAway = false;
    expect(await keeping.keep(bytes("a"))).toMatchObject({ bytes: 1 });
  });

  it("stores nothing for whom the signal stops while the same bytes are deleted", async () => {
    const { keeper, blobs, rows } = opened();
    const { hash } = await blobs.put(bytes("going"));
    await rows.beginDeletion([hash], { now: 1_800_000_000_000, staleBefore: 0 });
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 20);
    await expect(keeper.keep(bytes("going"), { signal: stop.signal })).rejects.toMatchObject({
      code: "cancelled",
    });
    await rows.endDeletion([hash]);
    await (await keeper.keep(bytes("going"))).release();
  });

  it("finishes a deletion that a crash cut off: at once when it is alone, else when it is old", async () => {
    const { keeper, blobs, rows, ports, pass } = opened();
    const begin = async (text: string): Promise<string> => {
      const { hash } = await blobs.put(bytes(text));
      await rows.beginDeletion([hash], { now: ports.clock(), staleBefore: 0 });
      return hash;
    };
    await begin("one");
    await keeper.finishDeletions();
    expect(blobs.stored.size).toBe(1);
    await keeper.finishDeletions({ isAlone: true });
    expect(blobs.stored.size).toBe(0);
    const named = await begin("two");
    await begin("three");
    nameIt(rows, "a defect's", named);
    pass(6 * MINUTE_MS);
    await keeper.finishDeletions();
    expect([...blobs.stored.keys()]).toEqual([named]);
    expect(await rows.deletions()).toEqual([]);
  });

  it("waits for the deletion of somebody who was killed, and finishes it", async () => {
    const { blobs, rows, ports, pass } = opened();
    const { hash } = await blobs.put(bytes("again"));
    await rows.beginDeletion([hash], { now: ports.clock(), staleBefore: 0 });
    let waits = 0;
    const wait = async (ms: number): Promise<void> => {
      waits += 1;
      pass(60 * ms);
    };
    await using kept = await new BlobKeeper(ports, { wait }).keep(bytes("again"));
    expect(kept.hash).toBe(hash);
    expect(waits).toBeGreaterThan(8);
    expect(blobs.stored.has(hash)).toBe(true);
  });

  it("goes on with the others when one cannot be deleted, and finishes that one later", async () => {
    const { rows, ports, pass } = opened();
    let isAway = true;
    const store = memoryBlobStore({
      onDelete: (hash) => {
        if (isAway && hash === hashes[1]) throw new Error("the store is away");
      },
    });
    const hashes: string[] = [];
    for (const text of ["a", "b", "c"]) hashes.push((await store.put(bytes(text))).hash);
    const keeper = new BlobKeeper({ ...ports, blobs: store });
    await expect(keeper.drop(hashes)).rejects.toThrow("the store is away");
    expect([...store.stored.keys()]).toEqual([hashes[1]]);
    isAway = false;
    pass(6 * MINUTE_MS);
    await keeper.sweep();
    expect(store.stored.size).toBe(0);
    expect(await rows.deletions()).toEqual([]);
  });

  it("sweeps what is old and has no row", async () => {
    const { keeper, blobs, rows, pass } = opened();
    const { hash } = await blobs.put(bytes("named"));
    nameIt(rows, "row", hash);
    await blobs.put(bytes("orphan"));
    const held = keeper.begin();
    pass(DAY_MS + 1);
    await blobs.put(bytes("young orphan"));
    const { hash: holds } = await held.keep(bytes("held"));
    expect(await keeper.sweep()).toEqual({ blobs: 1, bytes: 6 });
    expect(await keeper.sweep({ olderThanMs: -1 })).toEqual({ blobs: 1, bytes: 12 });
    expect(new Set(blobs.stored.keys())).toEqual(new Set([hash, holds]));
  });

  it("finds rows whose blob is missing or has another length, and counts what takes room", async () => {
    const { blobs, rows, ports, pass } = opened();
    const [whole, short] = [await blobs.put(bytes("whole")), await blobs.put(bytes("short"))];
    await blobs.put(bytes("without a row"));
    const missing = "f".repeat(64);
    rows.rows.set("1", { ...whole, kind: "picture" });
    rows.rows.set("2", { hash: short.hash, bytes: 99, kind: "checkpoint" });
    rows.rows.set("3", { hash: missing, bytes: null, kind: "thumbnail" });
    const troubles = await checkBlobs(ports);
    expect(troubles.map(({ hash, trouble }) => [hash, trouble]).sort()).toEqual(
      [
        [short.hash, "length"],
        [missing, "missing"],
      ].sort(),
    );
    expect(await storageFacts(ports)).toMatchObject({
      kinds: BLOB_KINDS.map((kind) =>
        kind === "picture" || kind === "checkpoint"
          ? { kind, blobs: 1, bytes: 5 }
          : { kind, blobs: 0, bytes: 0 },
      ),
      unnamed: { blobs: 1, bytes: 13, settledBytes: 0 },
      all: { blobs: 3, bytes: 23, settledBytes: 0 },
    });
    pass(2 * 60 * MINUTE_MS);
    const settled: unknown[] = [];
    const { all, unnamed } = await storageFacts(ports, (hash, kind) => settled.push([hash, kind]));
    expect([all.settledBytes, unnamed.settledBytes]).toEqual([23, 13]);
    expect(new Set(settled)).toEqual(
      new Set([
        [whole.hash, "picture"],
        [short.hash, "checkpoint"],
      ]),
    );
  });
});
