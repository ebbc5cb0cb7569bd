import { newId } from "@graft/api";
import { describe, expect, it } from "vitest";
import { NOW, newHash, sampleImage, sampleRun, sampleUpload } from "./sample-rows.ts";
import { gather, newLeaves, type OpenRepository, sharedRepository } from "./shared-repository.ts";

export function describeBlobs(open: OpenRepository): void {
  describe("blobs and the rows that name them", () => {
    const repository = sharedRepository(open);

    /** Asks for one. @returns whether it is held, or marked. */
    const hold = async (hash: string, id: string, until: number): Promise<boolean> =>
      !(await repository().blobs.hold([hash], { id, until: NOW + until })).has(hash);
    const begin = async (hash: string, now: number, staleBefore = 0): Promise<boolean> =>
      (
        await repository().blobs.beginDeletion([hash], { now: NOW + now, staleBefore: NOW + staleBefore })
      ).has(hash);

    it("deletes no blob that somebody holds, and holds none that is being deleted", async () => {
      const { blobs } = repository();
      const [hash, id] = [newHash(), newId()];
      expect(await hold(hash, id, 10)).toBe(true);
      expect(await hold(hash, "two", 20)).toBe(true);
      expect(await begin(hash, 0)).toBe(false);
      await blobs.releaseHold("two");
      expect(await begin(hash, 9)).toBe(false);
      // held longer by the same
      expect(await hold(hash, id, 30)).toBe(true);
      expect(await begin(hash, 29)).toBe(false);
      // of several that delete it one does, until its mark is old
      const begun = await Promise.all([30, 30, 30].map((now) => begin(hash, now)));
      expect(begun.filter(Boolean)).toHaveLength(1);
      expect(await begin(hash, 31, 30)).toBe(false);
      expect(await hold(hash, "three", 90)).toBe(false);
      expect(await blobs.deletions()).toContainEqual({ hash, begunAt: NOW + 30 });
      const taken = await Promise.all([60, 60, 60].map((now) => begin(hash, now, 31)));
      expect(taken.filter(Boolean)).toHaveLength(1);
      expect(await blobs.deletions()).toContainEqual({ hash, begunAt: NOW + 60 });
      await blobs.endDeletion([hash, newHash()]);
      expect((await blobs.deletions()).map((mark) => mark.hash)).not.toContain(hash);
      expect(await hold(hash, "three", 90)).toBe(true);
    });

    it("holds and marks many at once, each for itself", async () => {
      const { blobs } = repository();
      const hashes = Array.from({ length: 2500 }, newHash);
      const [marked, held, free] = [hashes.slice(0, 900), hashes.slice(900, 1900), hashes.slice(1900)];
      const now = { now: NOW, staleBefore: 0 };
      expect(await blobs.beginDeletion(marked, now)).toStrictEqual(new Set(marked));
      const asked = { id: newId(), until: NOW + 10 };
      expect(await blobs.hold([...marked, ...held], asked)).toStrictEqual(new Set(marked));
      expect(await blobs.beginDeletion(hashes, now)).toStrictEqual(new Set(free));
      await blobs.endDeletion(hashes);
      await blobs.releaseHold(asked.id);
      expect(await blobs.beginDeletion(hashes, now)).toStrictEqual(new Set(hashes));
      await blobs.endDeletion(hashes);
      expect(await blobs.hold([], asked)).toStrictEqual(new Set());
      expect(await blobs.beginDeletion([], now)).toStrictEqual(new Set());
    });

    it("knows every row that names a blob, and deletes it once none does", async () => {
      const store = repository();
      const { blobs, images, runs, uploads } = store;
      const { id } = await newLeaves(store);
      const image = sampleImage(id, { thumbnail: newHash() });
      await images.add(id, { classes: [], images: [image], parts: new Map(), at: NOW });
      const run = await runs.create(sampleRun(id));
      const paths = ["run.json", "model/weights.bin", "checkpoints/1", "modelling", "exports/onnx/m.onnx"];
      const put = paths.map((path) => ({ run: run.id, path, hash: newHash(), bytes: path.length }));
      // a blob that rows of several kinds name is of the first kind
      const twice = [image.hash, put[1]?.hash ?? ""].map((hash, n) => ({
        run: run.id,
        path: `checkpoints/${n + 2}`,
        hash,
        bytes: 9,
      }));
      await runs.changeFiles(run.id, { put: [...put, ...twice], remove: [] });
      const upload = sampleUpload(id);
      await uploads.create(upload);
      const files = [true, false].map((isHere) => ({
        ...{ upload: upload.id, path: `${isHere}`, hash: newHash(), bytes: 3, isHere },
      }));
      await uploads.addFiles(upload.id, files);
      const [brought = "", awaited = ""] = files.map(({ hash }) => hash);
      const hashes = [image.hash, image.thumbnail ?? "", run.frozen, brought];
      hashes.push(...put.map(({ hash }) => hash));
      expect(await blobs.named([...hashes, awaited, newHash()])).toStrictEqual(new Set(hashes));
      for (const hash of hashes) expect(await begin(hash, 0)).toBe(false);
      expect(await begin(awaited, 0)).toBe(true);
      const all = new Map((await gather(blobs.all())).map((blob) => [blob.hash, blob]));
      expect(hashes.map((hash) => all.get(hash))).toStrictEqual([
        { hash: image.hash, bytes: 1000, kind: "picture" },
        { hash: image.thumbnail, bytes: null, kind: "thumbnail" },
        { hash: run.frozen, bytes: null, kind: "run" },
        { hash: brought, bytes: 3, kind: "upload" },
        ...["run", "model", "checkpoint", "run", "export"].map((kind, n) => ({
          hash: put[n]?.hash,
          bytes: put[n]?.bytes,
          kind,
        })),
      ]);
      expect(all.has(awaited)).toBe(false);
      const kindOf = async (at: number): Promise<unknown> =>
        (await gather(blobs.all())).find(({ hash }) => hash === put[at]?.hash)?.kind;
      for (const [state, kind] of [
        ...([
          ["failed", "checkpoint"],
          ["interrupted", "checkpoint"],
        ] as const),
        ...([
          ["completed", "old-checkpoint"],
          ["cancelled", "old-checkpoint"],
        ] as const),
      ] as const) {
        await runs.update(run.id, { state });
        expect([state, await kindOf(2)]).toStrictEqual([state, kind]);
      }
      // one that another run goes on from is no old one
      const other = await runs.create(sampleRun(id));
      const shared = { run: other.id, path: "checkpoints/1", hash: put[2]?.hash ?? "", bytes: 13 };
      await runs.changeFiles(other.id, { put: [shared], remove: [] });
      expect(await kindOf(2)).toBe("checkpoint");
      await runs.remove(other.id);
      await images.remove(id, [image.id], NOW);
      await runs.remove(run.id);
      await uploads.remove(upload.id);
      expect(await blobs.named(hashes)).toStrictEqual(new Set());
      for (const hash of hashes) expect(await begin(hash, 0)).toBe(true);
    });

    it("names no blob that is being deleted, by no kind of row", async () => {
      const store = repository();
      const { blobs, images, runs, uploads } = store;
      const { id } = await newLeaves(store);
      const run = await runs.create(sampleRun(id));
      const upload = sampleUpload(id);
      await uploads.create(upload);
      const hash = newHash();
      const file = { upload: upload.id, path: "a", hash, bytes: 3, isHere: false };
      await uploads.addFiles(upload.id, [file]);
      expect(await begin(hash, 0)).toBe(true);
      const small = sampleImage(id, { thumbnail: hash });
      const naming: readonly (() => Promise<unknown>)[] = [
        () => images.add(id, { classes: [], images: [sampleImage(id, { hash })], parts: new Map(), at: NOW }),
        () => images.add(id, { classes: [], images: [small], parts: new Map(), at: NOW }),
        () => runs.create(sampleRun(id, { frozen: hash })),
        () => runs.changeFiles(run.id, { put: [{ run: run.id, path: "a", hash, bytes: 1 }], remove: [] }),
        () => uploads.setHere(upload.id, hash),
        () => uploads.addFiles(upload.id, [{ ...file, path: "b", isHere: true }]),
      ];
      for (const name of naming) await expect(name()).rejects.toMatchObject({ code: "conflict" });
      expect(await blobs.named([hash])).toStrictEqual(new Set());
      await blobs.endDeletion([hash]);
      for (const name of naming) await name();
      expect(await blobs.named([hash])).toStrictEqual(new Set([hash]));
    });

    it("gives each of many blobs once, with its bytes where a row says them", async () => {
      await using store = await open();
      const { images, blobs, runs } = store.repository;
      const { id } = await newLeaves(store.repository);
      const shared = newHash();
      const rows = Array.from({ length: 1300 }, (_, n) =>
        sampleImage(id, {
          bytes: n,
          ...(n % 3 === 0 && { thumbnail: newHash() }),
          ...(n < 100 && { hash: shared, bytes: 7 }),
        }),
      );
      await images.add(id, { classes: [], images: rows, parts: new Map(), at: NOW });
      const run = await runs.create(sampleRun(id, { frozen: shared }));
      await runs.changeFiles(run.id, {
        put: [{ run: run.id, path: "a", hash: shared, bytes: 7 }],
        remove: [],
      });
      const expected = new Map(rows.map(({ hash, bytes }) => [hash, { hash, bytes, kind: "picture" }]));
      const thumbnails = rows.flatMap(({ thumbnail }) => thumbnail ?? []);
      const others = thumbnails.map((hash) => ({ hash, bytes: null, kind: "thumbnail" }));
      const sorted = [...expected.values(), ...others].toSorted((a, b) => (a.hash < b.hash ? -1 : 1));
      expect(await gather(blobs.all())).toStrictEqual(sorted);
    });
  });
}
