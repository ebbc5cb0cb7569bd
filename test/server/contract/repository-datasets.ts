import { describe, expect, it } from "vitest";
import type { OpenRepository } from "./repository.ts";
import {
  NOW,
  sampleAccount,
  sampleClass,
  sampleDataset,
  sampleEdit,
  sampleImage,
  sampleUpload,
} from "./sample-rows.ts";

export function describeDatasets(open: OpenRepository): void {
  describe("data sets", () => {
    it("gives back data sets, classes, pictures, edits and uploads", async () => {
      await using store = await open();
      const { accounts, datasets, images, edits, uploads } = store.repository;
      const account = sampleAccount();
      await accounts.create(account);
      const dataset = sampleDataset(account.id);
      const [ash, oak] = [sampleClass(dataset.id), sampleClass(dataset.id, { name: "oak", position: 1 })];
      await datasets.create(dataset, [ash]);
      const added = [
        sampleImage(dataset.id, { path: "ash/1.jpg", class: ash.id, part: "train" }),
        sampleImage(dataset.id, { path: "oak/2.jpg", class: oak.id, part: "validation" }),
        sampleImage(dataset.id, { path: "3.jpg" }),
      ];
      await images.add(dataset.id, { classes: [oak], images: added, parts: new Map(), at: NOW + 1 });
      expect(await datasets.get(dataset.id)).toStrictEqual({ ...dataset, changedAt: NOW + 1 });
      expect(await datasets.classes(dataset.id)).toStrictEqual([ash, oak]);
      const page = await images.page(dataset.id, { limit: 2 });
      expect(page.items).toStrictEqual([added[2], added[0]]);
      const rest = await images.page(dataset.id, { limit: 2, after: page.next });
      expect(rest).toStrictEqual({ items: [added[1]] });
      const [first] = added;
      const before = { class: ash.id, use: "in", reason: null } as const;
      const after = { class: oak.id, use: "out", reason: "blurred" } as const;
      const edit = sampleEdit(dataset.id, 1, { images: [{ image: first?.id ?? "", before, after }] });
      await edits.apply(edit, new Map([[added[2]?.id ?? "", "test"]]));
      await expect(edits.apply(edit, new Map())).rejects.toMatchObject({ code: "conflict" });
      expect(await edits.page(dataset.id, { limit: 5 })).toStrictEqual({ items: [edit] });
      expect(await images.getMany([added[2]?.id ?? "", first?.id ?? ""])).toStrictEqual([
        { ...added[2], part: "test" },
        { ...first, ...after },
      ]);
      const sameBytes = await images.byHashes(dataset.id, [first?.hash ?? "", "none"]);
      expect(sameBytes.map(({ id }) => id)).toContain(first?.id);
      expect(new Set(sameBytes.map(({ hash }) => hash)).size).toBe(1);
      const counts = await datasets.counts(dataset.id);
      expect(counts.bytes).toBe(3000);
      expect(counts.classes[oak.id]).toStrictEqual({
        ...{ train: 0, validation: 1, test: 0, undealt: 0, out: 1, broken: 0 },
      });
      await images.setThumbnails(new Map([[first?.id ?? "", "t"]]));
      expect((await images.get(first?.id ?? ""))?.thumbnail).toBe("t");
      const upload = sampleUpload(dataset.id);
      await uploads.create(upload);
      const file = { upload: upload.id, path: "a/b.jpg", hash: "h", bytes: 5, isHere: false };
      const other = { ...file, path: "c.jpg", hash: "g", bytes: 7 };
      expect(await uploads.addFiles(upload.id, [file])).toStrictEqual({ files: 1, bytes: 5 });
      expect(await uploads.addFiles(upload.id, [{ ...file, bytes: 6 }, other])).toStrictEqual({
        files: 2,
        bytes: 12,
      });
      await uploads.setHere(upload.id, "h");
      const found = await uploads.filesByPaths(upload.id, ["a/b.jpg", "c.jpg", "d.jpg"]);
      expect(found.toSorted((a, b) => (a.path < b.path ? -1 : 1))).toStrictEqual([
        { ...file, isHere: true },
        other,
      ]);
      expect(await uploads.fileOfHash(upload.id, "g")).toStrictEqual(other);
      await uploads.addFiles(upload.id, [{ ...file, path: "again.jpg" }]);
      expect(await uploads.filesByPaths(upload.id, ["again.jpg"])).toMatchObject([{ isHere: true }]);
      expect(await uploads.fileOfHash(upload.id, "x")).toBeUndefined();
      const progress = { phase: "looking", done: 1, total: 2 } as const;
      const result = {
        ...{ added: 1, same: 0, unsorted: 0, notes: [{ code: "parts", message: "m" }] },
        ...{
          skipped: { count: 0, first: [] },
          broken: { count: 1, first: [{ path: "c.jpg", reason: "cut off" }] },
        },
      };
      await uploads.update(upload.id, { heardAt: NOW + 1, progress, result });
      expect(await uploads.get(upload.id)).toStrictEqual({ ...upload, heardAt: NOW + 1, progress, result });
      expect((await uploads.removeFiles(upload.id)).toSorted()).toStrictEqual(["g", "h"]);
      expect((await uploads.files(upload.id, { limit: 5 })).items).toStrictEqual([]);
      expect(await uploads.update(upload.id, { state: "queued" }, ["done"])).toBe(false);
      expect(await uploads.update(upload.id, { state: "queued" }, ["open"])).toBe(true);
      await datasets.resplit(
        dataset.id,
        { ...dataset.split, version: 2 },
        new Map([[first?.id ?? "", "train"]]),
        NOW,
      );
      expect((await images.getMany(added.map(({ id }) => id))).map(({ part }) => part)).toStrictEqual([
        ...["train", null, null],
      ]);
      await datasets.remove(dataset.id);
      expect(await datasets.get(dataset.id)).toBeUndefined();
      expect(await images.getMany(added.map(({ id }) => id))).toStrictEqual([]);
    });
  });
}
