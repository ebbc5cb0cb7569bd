import type { BlobFacts, BlobStore } from "@graft/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** A store of blobs to try, with nothing in it. */
export interface OpenedBlobStore {
  readonly blobs: BlobStore;
  close(): Promise<void>;
}

const MB = 2 ** 20;
/** One request, the last that fits one part of an S3 upload, the first that does not, and several parts. */
const SIZES = [0, 1, 20_000, 5 * MB, 5 * MB + 1, 12 * MB + 7];

let numMade = 0;
/** Bytes that no other test has. */
function newBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  const seed = ++numMade;
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + (at >> 8) * 7 + seed * 13) & 255;
  if (length >= 4) new DataView(bytes.buffer).setUint32(0, seed);
  return bytes;
}

async function hashOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function* inPieces(bytes: Uint8Array, pieceBytes = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

async function joined(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  const bytes = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of all) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** Equal bytes, told by hash: a matcher that shows megabytes takes longer than all tests. */
const same = async (one: Uint8Array<ArrayBuffer>, other: Uint8Array<ArrayBuffer>): Promise<boolean> =>
  (await hashOf(one)) === (await hashOf(other));

/**
 * What every `BlobStore` must do: a server's folder and S3 store, and a page's.
 * @param open a new one with nothing in it, for all tests together.
 */
export function describeBlobStore(name: string, open: () => Promise<OpenedBlobStore>): void {
  describe(`blobs in ${name}`, () => {
    let opened: OpenedBlobStore;
    let blobs: BlobStore;
    beforeAll(async () => {
      opened = await open();
      blobs = opened.blobs;
    });
    afterAll(() => opened?.close());

    const listed = async (): Promise<readonly (BlobFacts & { readonly storedAt: number })[]> => {
      const all: (BlobFacts & { readonly storedAt: number })[] = [];
      for await (const page of blobs.list()) all.push(...page);
      return all;
    };
    const isListed = async (hash: string): Promise<boolean> =>
      (await listed()).some((blob) => blob.hash === hash);

    it("has nothing at first", async () => {
      expect(await listed()).toEqual([]);
      expect(blobs.name).not.toBe("");
    });

    describe.each(SIZES)("%i bytes", (length) => {
      it.each([
        { how: "whole", given: "no hash" },
        { how: "in pieces", given: "no hash" },
        { how: "in pieces", given: "their hash" },
      ])("come back as they were stored $how with $given", async ({ how, given }) => {
        const bytes = newBytes(length);
        const hash = await hashOf(bytes);
        const put = how === "whole" ? bytes : inPieces(bytes);
        const facts = await blobs.put(put, given === "their hash" ? { hash } : {});
        expect(facts).toEqual({ hash, bytes: length });
        expect(await blobs.head(hash)).toEqual(facts);
        const whole = await blobs.read(hash);
        expect([whole.byteOffset, whole.buffer.byteLength]).toEqual([0, length]);
        expect(await same(whole, bytes)).toBe(true);
        expect(await same(await joined(await blobs.stream(hash)), bytes)).toBe(true);
        expect(await isListed(hash)).toBe(true);
        await blobs.delete(hash);
        expect(await blobs.head(hash)).toBeUndefined();
        expect(await isListed(hash)).toBe(false);
      });

      it("are refused with another hash, and nothing stays", async () => {
        const bytes = newBytes(length);
        const hash = await hashOf(newBytes(3));
        for (const put of [bytes, inPieces(bytes)])
          await expect(blobs.put(put, { hash })).rejects.toMatchObject({ code: "corrupt" });
        expect(await blobs.head(hash)).toBeUndefined();
        expect(await blobs.head(await hashOf(bytes))).toBeUndefined();
      });

      it.each(["no hash", "their hash"])("do not stay when who holds them fails, with %s", async (given) => {
        const bytes = newBytes(length);
        const hash = await hashOf(bytes);
        const told: BlobFacts[] = [];
        const onHash = async (facts: BlobFacts): Promise<void> => {
          told.push(facts);
          expect(await blobs.head(hash), "it appears only afterwards").toBeUndefined();
          throw new Error("no hold");
        };
        const put = blobs.put(inPieces(bytes), { onHash, ...(given === "no hash" ? {} : { hash }) });
        await expect(put).rejects.toThrow("no hold");
        expect(told).toEqual([{ hash, bytes: length }]);
        expect(await blobs.head(hash)).toBeUndefined();
      });
    });

    it("gives any part, and what there is of one that goes beyond the end", async () => {
      const { hash } = await blobs.put(new TextEncoder().encode("0123456789"));
      const text = async (start: number, length: number): Promise<string[]> => {
        const range = await blobs.readRange(hash, start, length);
        expect([range.byteOffset, range.buffer.byteLength]).toEqual([0, range.length]);
        const streamed = await joined(await blobs.stream(hash, { start, length }));
        return [range, streamed].map((bytes) => new TextDecoder().decode(bytes));
      };
      expect(await text(0, 3)).toEqual(["012", "012"]);
      expect(await text(9, 1)).toEqual(["9", "9"]);
      expect(await text(8, 5)).toEqual(["89", "89"]);
      expect(await text(0, 100)).toEqual(["0123456789", "0123456789"]);
      for (const [start, length] of [
        ...[[10, 1] as const, [20, 5] as const],
        ...[[3, 0] as const, [10, 0] as const],
      ])
        expect(await text(start, length)).toEqual(["", ""]);
      const empty = await blobs.put(new Uint8Array());
      expect(await blobs.readRange(empty.hash, 0, 5)).toEqual(new Uint8Array());
    });

    it("gives a part of a long one", async () => {
      const bytes = newBytes(12 * MB);
      const { hash } = await blobs.put(bytes);
      const part = await blobs.readRange(hash, 5 * MB - 3, 2 * MB);
      expect(await same(part, bytes.slice(5 * MB - 3, 7 * MB - 3))).toBe(true);
      await blobs.delete(hash);
    });

    it("says of what is not there that it is not there", async () => {
      const hash = await hashOf(newBytes(9));
      expect(await blobs.head(hash)).toBeUndefined();
      const range = { start: 0, length: 1 };
      const asked = [
        () => blobs.read(hash),
        () => blobs.readRange(hash, 0, 1),
        () => blobs.readRange(hash, 0, 0),
        () => blobs.stream(hash),
        () => blobs.stream(hash, range),
      ];
      for (const ask of asked) await expect(ask()).rejects.toMatchObject({ code: "not-found" });
      await blobs.delete(hash);
    });

    it("deletes twice, and stores again", async () => {
      const bytes = newBytes(100);
      const { hash } = await blobs.put(bytes);
      await Promise.all([blobs.delete(hash), blobs.delete(hash)]);
      await blobs.delete(hash);
      expect(await blobs.head(hash)).toBeUndefined();
      await blobs.put(bytes);
      expect(await same(await blobs.read(hash), bytes)).toBe(true);
    });

    it.each([300, 6 * MB])("stores %i bytes that come from several at once", async (length) => {
      const bytes = newBytes(length);
      const hash = await hashOf(bytes);
      const puts = [bytes, inPieces(bytes), inPieces(bytes, 999_999), bytes].map((put, at) =>
        blobs.put(put, at === 1 ? { hash } : {}),
      );
      expect(await Promise.all(puts)).toEqual(puts.map(() => ({ hash, bytes: length })));
      expect(await blobs.put(bytes), "and once more").toEqual({ hash, bytes: length });
      expect(await same(await blobs.read(hash), bytes)).toBe(true);
      expect((await listed()).filter((blob) => blob.hash === hash)).toHaveLength(1);
      await blobs.delete(hash);
    });

    it("stops at the limit, and asks for no more", async () => {
      let asked = 0;
      const endless = async function* (): AsyncGenerator<Uint8Array> {
        for (;;) {
          asked += 1;
          yield newBytes(100_000);
        }
      };
      for (const maxBytes of [0, 250_000, 7_000_000]) {
        asked = 0;
        await expect(blobs.put(endless(), { maxBytes })).rejects.toMatchObject({ code: "limit" });
        expect(asked).toBe(maxBytes / 100_000 < 1 ? 1 : Math.floor(maxBytes / 100_000) + 1);
      }
      const bytes = newBytes(1000);
      await expect(blobs.put(bytes, { maxBytes: 999 })).rejects.toMatchObject({ code: "limit" });
      expect(await blobs.head(await hashOf(bytes))).toBeUndefined();
      expect(await blobs.put(bytes, { maxBytes: 1000 })).toMatchObject({ bytes: 1000 });
    });

    it.each([1000, 11 * MB])("leaves nothing of a stream that breaks off after %i bytes", async (length) => {
      const bytes = newBytes(length);
      const broken = async function* (): AsyncGenerator<Uint8Array> {
        yield* inPieces(bytes);
        throw new Error("the connection is gone");
      };
      const hash = await hashOf(bytes);
      for (const options of [{}, { hash }])
        await expect(blobs.put(broken(), options)).rejects.toThrow("the connection is gone");
      expect(await blobs.head(hash)).toBeUndefined();
    });

    it.each(["no hash", "a hash"])("hears the signal while it waits for more, with %s", async (given) => {
      const bytes = newBytes(6 * MB);
      const hash = await hashOf(bytes);
      const stop = new AbortController();
      let goOn = (): void => undefined;
      const released = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      let isToldOfEnd = false;
      const stalled = async function* (): AsyncGenerator<Uint8Array> {
        try {
          yield* inPieces(bytes);
          setTimeout(() => stop.abort(), 1);
          // a put that waits for the next piece never ends
          await released;
          yield new Uint8Array(1);
        } finally {
          isToldOfEnd = true;
        }
      };
      const put = blobs.put(stalled(), { signal: stop.signal, ...(given === "no hash" ? {} : { hash }) });
      await expect(put).rejects.toMatchObject({ code: "cancelled" });
      expect(await blobs.head(hash)).toBeUndefined();
      goOn();
      await expect.poll(() => isToldOfEnd).toBe(true);
    });

    it("begins nothing with a signal that is over", async () => {
      const bytes = newBytes(10);
      const signal = AbortSignal.abort();
      for (const put of [bytes, inPieces(bytes)])
        await expect(blobs.put(put, { signal })).rejects.toMatchObject({ code: "cancelled" });
      expect(await blobs.head(await hashOf(bytes))).toBeUndefined();
    });

    it("lists all in order of hash, with the time since when they are there", async () => {
      const before = Date.now();
      const stored: string[] = [];
      for (let at = 0; at < 30; at++) stored.push((await blobs.put(newBytes(50 + at))).hash);
      const all = await listed();
      const hashes = all.map(({ hash }) => hash);
      expect(hashes).toEqual(hashes.toSorted());
      expect(new Set(hashes).size).toBe(hashes.length);
      for (const [at, hash] of stored.entries()) {
        const blob = all.find((one) => one.hash === hash);
        expect(blob?.bytes).toBe(50 + at);
        // a store may count in whole seconds
        expect(Math.abs((blob?.storedAt ?? 0) - before)).toBeLessThan(60_000);
      }
    });

    it("lists while others write and delete: what was there all the time is in it once", async () => {
      const stays = await Promise.all(
        Array.from({ length: 20 }, async () => (await blobs.put(newBytes(64))).hash),
      );
      let isOver = false;
      const busy = (async () => {
        while (!isOver) {
          const { hash } = await blobs.put(newBytes(64));
          await blobs.delete(hash);
        }
      })();
      for (let round = 0; round < 5; round++) {
        const hashes = (await listed()).map(({ hash }) => hash);
        expect(stays.filter((hash) => !hashes.includes(hash))).toEqual([]);
        expect(new Set(hashes).size).toBe(hashes.length);
      }
      isOver = true;
      await busy;
    });

    it.each(["", "..", "../../etc/passwd", "A".repeat(64), `${"a".repeat(63)}/`, "a".repeat(65)])(
      "takes %j for no hash",
      async (text) => {
        const refused = { code: "bad-input" };
        const calls: readonly (() => Promise<unknown>)[] = [
          () => blobs.head(text),
          () => blobs.read(text),
          () => blobs.readRange(text, 0, 1),
          () => blobs.stream(text),
          () => blobs.delete(text),
          () => blobs.put(new Uint8Array(), { hash: text }),
        ];
        for (const call of calls) await expect(call()).rejects.toMatchObject(refused);
      },
    );
  });
}
