import { describe, expect, it } from "vitest";
import { NOW, newHash, sampleUpload } from "./sample-rows.ts";
import { newLeaves, type OpenRepository, sharedRepository, walkPages } from "./shared-repository.ts";

export function describeUploads(open: OpenRepository): void {
  describe("uploads", () => {
    const repository = sharedRepository(open);
    const file = (upload: string, path: string, change = {}) => ({
      ...{ upload, path, hash: newHash(), bytes: 5_000_000_000, isHere: false },
      ...change,
    });

    it("goes from state to state, and one alone takes it there", async () => {
      const { uploads } = repository();
      const { id, ash } = await newLeaves(repository());
      const [late, early] = [sampleUpload(id, { createdAt: NOW + 1 }), sampleUpload(id, { class: ash.id })];
      for (const upload of [late, early]) await uploads.create(upload);
      expect(await uploads.get(late.id)).toStrictEqual(late);
      expect(await uploads.get("none")).toBeUndefined();
      expect(await uploads.ofDataset(id)).toStrictEqual([early, late]);
      const taken = await Promise.all(
        [1, 2, 3].map(() => uploads.update(late.id, { state: "queued" }, ["open"])),
      );
      expect(taken.filter(Boolean)).toHaveLength(1);
      const error = {
        name: "CoreError",
        code: "corrupt",
        message: "x\0y",
        facts: { at: [1.5, null] },
      } as const;
      const progress = { phase: "looking", done: 1, total: 2 } as const;
      const few = { count: 1, first: [{ path: "c.jpg", reason: "cut off" }] };
      const result = { added: 1, same: 0, unsorted: 0, notes: [], skipped: few, broken: few };
      expect(
        await uploads.update(late.id, { state: "failed", heardAt: NOW + 9, progress, result, error }, [
          "queued",
          "importing",
        ]),
      ).toBe(true);
      expect(await uploads.get(late.id)).toStrictEqual({
        ...{ ...late, state: "failed", heardAt: NOW + 9, progress, result, error },
      });
      expect(await uploads.update(late.id, { error: null, progress: null })).toBe(true);
      expect(await uploads.update(late.id, {}, ["open"])).toBe(false);
      expect(await uploads.update("none", { heardAt: NOW })).toBe(false);
      expect((await uploads.inState("open")).map((upload) => upload.id)).toContain(early.id);
      expect((await uploads.inState("open")).map((upload) => upload.id)).not.toContain(late.id);
      await expect(uploads.create(sampleUpload("none"))).rejects.toMatchObject({ code: "not-found" });
    });

    it("keeps its files: those that are there stay as they are, and come to be here by their bytes", async () => {
      const { uploads } = repository();
      const { id } = await newLeaves(repository());
      const upload = sampleUpload(id);
      await uploads.create(upload);
      const hash = newHash();
      const [a, b, c] = [
        file(upload.id, "a/ä"),
        file(upload.id, "b", { hash }),
        file(upload.id, "c", { hash }),
      ];
      expect(await uploads.addFiles(upload.id, [c, a])).toStrictEqual({ files: 2, bytes: 10_000_000_000 });
      const again = [b, { ...a, hash: newHash(), bytes: 1 }];
      expect(await uploads.addFiles(upload.id, again)).toStrictEqual({ files: 3, bytes: 15_000_000_000 });
      const found = await uploads.filesByPaths(upload.id, ["a/ä", "none", "b"]);
      expect(found.toSorted((one, other) => (one.path < other.path ? -1 : 1))).toStrictEqual([a, b]);
      expect(await uploads.fileOfHash(upload.id, hash)).toStrictEqual(b);
      expect(await uploads.fileOfHash(upload.id, newHash())).toBeUndefined();
      await uploads.setHere(upload.id, hash);
      await uploads.setHere(upload.id, newHash());
      // what another upload of its account need not bring again
      expect(await uploads.broughtBy(upload.account, [hash, a.hash, newHash()])).toStrictEqual([
        { ...b, isHere: true },
      ]);
      expect(await uploads.broughtBy("another", [hash])).toEqual([]);
      const here = [b, c].map((row) => ({ ...row, isHere: true }));
      const list = (isHere?: boolean) =>
        walkPages((page) => uploads.files(upload.id, isHere === undefined ? page : { ...page, isHere }), 1);
      expect(await list()).toStrictEqual([a, ...here]);
      expect(await list(true)).toStrictEqual(here);
      expect(await list(false)).toStrictEqual([a]);
      const d = file(upload.id, "d", { hash });
      await uploads.addFiles(upload.id, [d]);
      expect(await uploads.filesByPaths(upload.id, ["d"])).toStrictEqual([{ ...d, isHere: true }]);
      expect((await uploads.removeFiles(upload.id)).toSorted()).toStrictEqual([a.hash, hash].toSorted());
      expect(await list()).toStrictEqual([]);
      expect(await uploads.get(upload.id)).toStrictEqual(upload);
      await uploads.addFiles(upload.id, [a]);
      await uploads.remove(upload.id);
      expect(await uploads.get(upload.id)).toBeUndefined();
      expect(await list()).toStrictEqual([]);
      await expect(uploads.addFiles(upload.id, [a])).rejects.toMatchObject({ code: "not-found" });
    });

    it("knows of every file of some bytes that they are here, in whatever order it is told", async () => {
      const { uploads } = repository();
      const { id } = await newLeaves(repository());
      const upload = sampleUpload(id);
      await uploads.create(upload);
      for (let round = 0; round < 10; round++) {
        const first = Array.from({ length: 20 }, (_, n) => file(upload.id, `${round}/a${n}`));
        const second = first.map((row, n) => ({ ...row, path: `${round}/b${n}` }));
        await uploads.addFiles(upload.id, first);
        const brought = first.map(({ hash }) => uploads.setHere(upload.id, hash));
        await Promise.all([uploads.addFiles(upload.id, second), ...brought]);
      }
      const { items } = await uploads.files(upload.id, { limit: 99, isHere: false });
      expect(items).toStrictEqual([]);
    });
  });
}
