import { describe, expect, it } from "vitest";
import type { OpenRepository } from "./repository.ts";
import {
  NOW,
  newHash,
  sampleAccount,
  sampleDataset,
  sampleImage,
  sampleRun,
  sampleUpload,
} from "./sample-rows.ts";

export function describeBlobs(open: OpenRepository): void {
  describe("leases and blobs", () => {
    it("gives a lease to one holder until it runs out", async () => {
      await using store = await open();
      const { leases } = store.repository;
      expect(await leases.acquire("run", { holder: "a", now: NOW, until: NOW + 10 })).toBe("a");
      expect(await leases.acquire("run", { holder: "b", now: NOW + 9, until: NOW + 20 })).toBe("a");
      expect(await leases.acquire("run", { holder: "b", now: NOW + 10, until: NOW + 20 })).toBe("b");
      expect(await leases.holder("run", NOW + 19)).toBe("b");
      await leases.release("run", "a");
      expect(await leases.holder("run", NOW + 19)).toBe("b");
      expect(await leases.holder("run", NOW + 20)).toBeUndefined();
    });

    it("deletes no blob that somebody holds, and holds none that is being deleted", async () => {
      await using store = await open();
      const { blobs } = store.repository;
      const mark = (now: number) => ({ now, staleBefore: NOW });
      expect(await blobs.hold(["g", "h"], { id: "one", until: NOW + 10 })).toEqual(new Set());
      expect(await blobs.beginDeletion(["h", "i"], mark(NOW + 9))).toEqual(new Set(["i"]));
      expect(await blobs.hold(["i", "j"], { id: "two", until: NOW + 20 })).toEqual(new Set(["i"]));
      expect(await blobs.hold(["h"], { id: "one", until: NOW + 15 }), "its end moves").toEqual(new Set());
      expect(await blobs.beginDeletion(["g", "h", "j"], mark(NOW + 10))).toEqual(new Set(["g"]));
      await blobs.releaseHold("one");
      expect(await blobs.beginDeletion(["h", "j"], mark(NOW + 11))).toEqual(new Set(["h"]));
      expect(await blobs.deletions()).toStrictEqual([
        { hash: "i", begunAt: NOW + 9 },
        { hash: "g", begunAt: NOW + 10 },
        { hash: "h", begunAt: NOW + 11 },
      ]);
      await blobs.endDeletion(["g", "h", "never"]);
      expect(await blobs.deletions()).toHaveLength(1);
      expect(await blobs.hold(["h"], { id: "two", until: NOW + 20 })).toEqual(new Set());
    });

    it("gives a mark that is too old to one who asks", async () => {
      await using store = await open();
      const { blobs } = store.repository;
      await blobs.beginDeletion(["h"], { now: NOW, staleBefore: 0 });
      const again = { now: NOW + 100, staleBefore: NOW };
      expect(await blobs.beginDeletion(["h"], again), "it is not too old yet").toEqual(new Set());
      const takeOver = { now: NOW + 100, staleBefore: NOW + 1 };
      const mine = await Promise.all([1, 2, 3].map(() => blobs.beginDeletion(["h"], takeOver)));
      expect(mine.filter((marked) => marked.has("h"))).toHaveLength(1);
    });

    it("either holds a blob or marks it, whoever comes first", async () => {
      await using store = await open();
      const { blobs } = store.repository;
      for (let round = 0; round < 20; round++) {
        const hash = `h${round}`;
        const hold = () => blobs.hold([hash], { id: hash, until: NOW + 10 });
        const mark = () => blobs.beginDeletion([hash], { now: NOW, staleBefore: 0 });
        const first = round % 2 === 0 ? hold() : mark();
        const second = round % 2 === 0 ? mark() : hold();
        const [one, two] = await Promise.all([first, second]);
        const [refused, marked] = round % 2 === 0 ? [one, two] : [two, one];
        expect([refused.has(hash), marked.has(hash)]).toEqual(
          marked.has(hash) ? [true, true] : [false, false],
        );
      }
    });

    it("knows every blob that a row names, what for and how long it is, in order of hash", async () => {
      await using store = await open();
      const { accounts, blobs, datasets, images, runs, uploads } = store.repository;
      const account = sampleAccount();
      await accounts.create(account);
      const dataset = sampleDataset(account.id);
      await datasets.create(dataset, []);
      const thumbnail = newHash();
      const pictures = [sampleImage(dataset.id, { thumbnail, bytes: 7 }), sampleImage(dataset.id)];
      const hashOf = (at: number): string => pictures[at]?.hash ?? "";
      const added = { classes: [], parts: new Map(), at: NOW };
      await images.add(dataset.id, { ...added, images: pictures });
      const upload = sampleUpload(dataset.id);
      await uploads.create(upload);
      const [here, announced] = [newHash(), newHash()];
      await uploads.addFiles(upload.id, [
        { upload: upload.id, path: "a", hash: here, bytes: 11, isHere: true },
        { upload: upload.id, path: "b", hash: announced, bytes: 12, isHere: false },
        { upload: upload.id, path: "c", hash: hashOf(0), bytes: 7, isHere: true },
      ]);
      const { id: run, frozen } = await runs.create(sampleRun(dataset.id));
      const [weights, checkpoint, record] = [newHash(), newHash(), newHash()];
      const file = (path: string, hash: string) => ({ run, path, hash, bytes: 5 });
      await runs.changeFiles(run, {
        put: [
          ...[file("run.json", record), file("checkpoints/1.bin", checkpoint), file("model/w.bin", weights)],
          ...[file("checkpoints/2.bin", weights), file("models", frozen)],
        ],
        remove: [],
      });
      const expected = [
        { hash: hashOf(0), bytes: 7, kind: "picture" },
        { hash: hashOf(1), bytes: 1000, kind: "picture" },
        { hash: thumbnail, bytes: null, kind: "thumbnail" },
        { hash: here, bytes: 11, kind: "upload" },
        { hash: weights, bytes: 5, kind: "model" },
        { hash: checkpoint, bytes: 5, kind: "checkpoint" },
        { hash: record, bytes: 5, kind: "run" },
        { hash: frozen, bytes: 5, kind: "run" },
      ].sort((a, b) => (a.hash < b.hash ? -1 : 1));
      const all: unknown[] = [];
      for await (const some of blobs.all()) all.push(...some);
      expect(all).toStrictEqual(expected);
      const hashes = expected.map(({ hash }) => hash);
      expect(await blobs.named([...hashes, announced, "0"])).toEqual(new Set(hashes));
      expect(await blobs.beginDeletion([...hashes, announced], { now: NOW, staleBefore: 0 })).toEqual(
        new Set([announced]),
      );
    });
  });
}
