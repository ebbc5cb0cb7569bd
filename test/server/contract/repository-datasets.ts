import { describe, expect, it } from "vitest";
import {
  NOW,
  newHash,
  sampleAccount,
  sampleClass,
  sampleDataset,
  sampleEdit,
  sampleImage,
  sampleRun,
  sampleUpload,
} from "./sample-rows.ts";
import {
  gather,
  type Leaves,
  newLeaves,
  type OpenRepository,
  sharedRepository,
  walkPages,
} from "./shared-repository.ts";

export function describeDatasets(open: OpenRepository): void {
  describe("data sets", () => {
    const repository = sharedRepository(open);

    it("gives back what was stored and changed", async () => {
      const { accounts, datasets } = repository();
      const account = sampleAccount();
      await accounts.create(account);
      const notes = [{ code: "parts", message: "«train» and “test”" }];
      const dataset = sampleDataset(account.id, { name: "Bäume 🌳", notes });
      const classes = ["b", "a", "c"].map((name, position) => sampleClass(dataset.id, { name, position }));
      await datasets.create(dataset, classes.toReversed());
      expect(await datasets.get(dataset.id)).toStrictEqual(dataset);
      expect(await datasets.classes(dataset.id)).toStrictEqual(classes);
      await datasets.update(dataset.id, { name: "Trees", changedAt: NOW + 9 });
      await datasets.update(dataset.id, {});
      expect(await datasets.get(dataset.id)).toStrictEqual({ ...dataset, name: "Trees", changedAt: NOW + 9 });
      expect(await datasets.get("none")).toBeUndefined();
      expect(await datasets.classes("none")).toStrictEqual([]);
    });

    it("wants an owner, and classes with names that differ at places without gaps", async () => {
      const { accounts, datasets } = repository();
      await expect(datasets.create(sampleDataset("nobody"), [])).rejects.toMatchObject({ code: "not-found" });
      const account = sampleAccount();
      await accounts.create(account);
      const wrong = [
        { name: "oak", position: 2 },
        { name: "ash", position: 1 },
      ];
      for (const second of wrong) {
        const dataset = sampleDataset(account.id);
        const classes = [sampleClass(dataset.id), sampleClass(dataset.id, second)];
        await expect(datasets.create(dataset, classes)).rejects.toMatchObject({ code: "conflict" });
        expect(await datasets.get(dataset.id)).toBeUndefined();
      }
    });

    it("lists those of an owner or all, changed last first", async () => {
      await using store = await open();
      const { accounts, datasets } = store.repository;
      const [a, b] = [sampleAccount(), sampleAccount()];
      for (const account of [a, b]) await accounts.create(account);
      const made = [1, 2, 3, 4, 5].map((ms) =>
        sampleDataset(ms === 3 ? b.id : a.id, { changedAt: NOW + ms }),
      );
      for (const dataset of made) await datasets.create(dataset, []);
      const all = await walkPages((request) => datasets.page(request), 2);
      expect(all).toStrictEqual(made.toReversed());
      const ofA = await walkPages((request) => datasets.page({ ...request, owner: a.id }), 3);
      expect(ofA).toStrictEqual(made.filter(({ owner }) => owner === a.id).toReversed());
      expect(await datasets.page({ limit: 9, owner: "nobody" })).toStrictEqual({ items: [] });
      await datasets.update(made[0]?.id ?? "", { changedAt: NOW + 9 });
      expect((await datasets.page({ limit: 1 })).items[0]?.id).toBe(made[0]?.id);
    });

    it("counts pictures by class, use and side", async () => {
      const { datasets, images } = repository();
      const { id, ash, oak } = await newLeaves(repository());
      const none = { train: 0, validation: 0, test: 0, undealt: 0, out: 0, broken: 0 };
      expect(await datasets.counts(id)).toStrictEqual({
        classes: { "": none, [ash.id]: none, [oak.id]: none },
        bytes: 0,
      });
      const shapes = [
        ...[
          { class: ash.id, part: "train" },
          { class: ash.id, part: "train" },
          { class: ash.id, part: "test" },
        ],
        ...[
          { class: ash.id },
          { class: ash.id, use: "out", part: "train" },
          { class: oak.id, part: "validation" },
        ],
        ...[{ use: "broken" }, {}, {}],
      ] as const;
      const added = shapes.map((shape) => sampleImage(id, { ...shape, bytes: 3_000_000_000 }));
      await images.add(id, { classes: [], images: added, parts: new Map(), at: NOW });
      expect(await datasets.counts(id)).toStrictEqual({
        classes: {
          "": { ...none, undealt: 2, broken: 1 },
          [ash.id]: { ...none, train: 2, test: 1, undealt: 1, out: 1 },
          [oak.id]: { ...none, validation: 1 },
        },
        bytes: 27_000_000_000,
      });
    });

    it("splits anew: pictures that are not named lose their side, and an older split is refused", async () => {
      const { datasets, images } = repository();
      const { id, dataset, ash } = await newLeaves(repository());
      const other = await newLeaves(repository());
      const added = [1, 2, 3].map(() => sampleImage(id, { class: ash.id, part: "train" }));
      const theirs = sampleImage(other.id, { part: "train" });
      await images.add(id, { classes: [], images: added, parts: new Map(), at: NOW });
      await images.add(other.id, { classes: [], images: [theirs], parts: new Map(), at: NOW });
      const [first = theirs, second = theirs] = added;
      const rule = { ...dataset.split, fraction: 0.3, version: 2 };
      const parts = new Map([
        [first.id, "validation"],
        [second.id, "train"],
        [theirs.id, "test"],
      ] as const);
      await datasets.resplit(id, rule, parts, NOW + 7);
      expect((await images.getMany(added.map((image) => image.id))).map(({ part }) => part)).toStrictEqual([
        ...["validation", "train", null],
      ]);
      expect(await images.get(theirs.id)).toStrictEqual(theirs);
      expect(await datasets.get(id)).toStrictEqual({ ...dataset, split: rule, changedAt: NOW + 7 });
      await expect(datasets.resplit(id, rule, parts, NOW)).rejects.toMatchObject({ code: "conflict" });
      await expect(datasets.resplit("none", rule, parts, NOW)).rejects.toMatchObject({ code: "not-found" });
    });

    it("removes a data set with all that is its, and nothing of another", async () => {
      const store = repository();
      const gone = await fill(newLeaves(store));
      const kept = await fill(newLeaves(store));
      await store.datasets.remove(gone.id);
      await store.datasets.remove("none");
      expect(await rowsOf(gone)).toStrictEqual({
        ...{ dataset: undefined, classes: [], images: [], image: undefined, edit: undefined, uploads: [] },
        ...{ file: undefined, run: undefined, events: [], files: [], decisions: [], named: [] },
      });
      const left = await rowsOf(kept);
      expect(left.named).toHaveLength(4);
      expect([left.dataset?.id, left.run?.id]).toStrictEqual([kept.id, kept.run.id]);
      for (const rows of [left.images, left.uploads, left.events, left.files, left.decisions])
        expect(rows).toHaveLength(1);

      /** One row of every kind. */
      async function fill(made: Promise<Leaves>) {
        const leaves = await made;
        const { id, ash } = leaves;
        const image = sampleImage(id, { class: ash.id, thumbnail: newHash() });
        await store.images.add(id, { classes: [], images: [image], parts: new Map(), at: NOW });
        const state = { class: ash.id, use: "in", reason: null } as const;
        const changes = [{ image: image.id, before: state, after: { ...state, use: "out" as const } }];
        await store.edits.apply(sampleEdit(id, 1, { images: changes }), new Map());
        const upload = sampleUpload(id);
        await store.uploads.create(upload);
        const file = { upload: upload.id, path: "a", hash: newHash(), bytes: 1, isHere: true };
        await store.uploads.addFiles(upload.id, [file]);
        const run = await store.runs.create(sampleRun(id));
        await store.runs.appendEvents(run.id, [
          { run: run.id, seq: 0, time: NOW, type: "note", code: "a", message: "b" },
        ]);
        const runFile = { run: run.id, path: "run.json", hash: newHash(), bytes: 2 };
        await store.runs.changeFiles(run.id, { put: [runFile], remove: [] });
        await store.runs.decide({
          ...{ id: `decision of ${id}`, dataset: id, run: run.id, kind: "in-use", value: null, at: NOW },
          ...{ by: "x", isUndone: false },
        });
        const hashes = [image.hash, image.thumbnail ?? "", file.hash, runFile.hash];
        return { ...leaves, image, upload, run, hashes };
      }

      async function rowsOf({ id, image, upload, run, hashes }: Awaited<ReturnType<typeof fill>>) {
        return {
          dataset: await store.datasets.get(id),
          classes: await store.datasets.classes(id),
          images: await gather(store.images.all(id)),
          image: await store.images.get(image.id),
          edit: await store.edits.get(id, 1),
          uploads: await store.uploads.ofDataset(id),
          file: (await store.uploads.filesByPaths(upload.id, ["a"]))[0],
          run: await store.runs.get(run.id),
          events: await store.runs.events(run.id, { after: -1, limit: 5 }),
          files: await store.runs.files(run.id),
          decisions: await store.runs.decisions(id),
          named: [...(await store.blobs.named(hashes))],
        };
      }
    });
  });
}
