import type { ImageFilter, ImageRow } from "@graft/api";
import { describe, expect, it } from "vitest";
import { NOW, newHash, sampleEdit, sampleImage } from "./sample-rows.ts";
import { gather, newLeaves, type OpenRepository, sharedRepository, walkPages } from "./shared-repository.ts";

const paths = (rows: readonly ImageRow[]): string[] => rows.map(({ path }) => path);

export function describeImages(open: OpenRepository): void {
  describe("pictures", () => {
    const repository = sharedRepository(open);

    async function leavesWith(shapes: readonly Partial<ImageRow>[]) {
      const leaves = await newLeaves(repository());
      const added = shapes.map((shape) => sampleImage(leaves.id, shape));
      await repository().images.add(leaves.id, { classes: [], images: added, parts: new Map(), at: NOW });
      return { ...leaves, added };
    }

    it("gives back what was stored, in the order that was asked", async () => {
      const { images } = repository();
      const facts = { width: 3, height: 9, format: "png", perceptualHash: "0", readings: [] } as const;
      const { added, id } = await leavesWith([
        { path: "ä/Ö 1.jpg", facts, group: "pair 1", part: "validation" },
        { path: "ä/Ö 2.jpg", use: "broken", reason: "It is cut off.", facts: null, thumbnail: newHash() },
      ]);
      const [first, second] = added;
      expect(await images.get(first?.id ?? "")).toStrictEqual(first);
      expect(await images.get("none")).toBeUndefined();
      expect(await images.getMany([second?.id ?? "", "none", first?.id ?? ""])).toStrictEqual([
        second,
        first,
      ]);
      expect(await images.byPaths(id, ["ä/Ö 2.jpg", "none"])).toStrictEqual([second]);
      expect(await images.byHashes(id, [first?.hash ?? "", newHash()])).toStrictEqual([first]);
      expect(await images.byHashes("none", [first?.hash ?? ""])).toStrictEqual([]);
      expect(await images.byPaths("none", ["ä/Ö 2.jpg"])).toStrictEqual([]);
    });

    it("finds pictures by class, use, side and a part of the name in any case", async () => {
      const { images } = repository();
      const { id, ash, added } = await leavesWith([
        { path: "a_1.jpg" },
        { path: "a%2.jpg", use: "out" },
        { path: "A\\3.JPG", use: "broken", facts: null },
        { path: "Äpfel/ñ.png", part: "train" },
        { path: "äpfel/Straße.png", part: "test", use: "out" },
      ]);
      const changes = added.slice(0, 2).map(({ id: image, use }) => {
        const before = { class: null, use, reason: null };
        return { image, before, after: { ...before, class: ash.id } };
      });
      await repository().edits.apply(sampleEdit(id, 1, { images: changes }), new Map());
      const find = async (filter: ImageFilter) =>
        paths(await walkPages((request) => images.page(id, { ...request, ...filter }), 2));
      expect(await find({})).toStrictEqual([
        "A\\3.JPG",
        "a%2.jpg",
        "a_1.jpg",
        "Äpfel/ñ.png",
        "äpfel/Straße.png",
      ]);
      expect(await find({ class: ash.id })).toStrictEqual(["a%2.jpg", "a_1.jpg"]);
      expect(await find({ class: null, use: "in" })).toStrictEqual(["Äpfel/ñ.png"]);
      expect(await find({ class: "none" })).toStrictEqual([]);
      expect(await find({ use: "out" })).toStrictEqual(["a%2.jpg", "äpfel/Straße.png"]);
      expect(await find({ use: "broken" })).toStrictEqual(["A\\3.JPG"]);
      expect(await find({ part: "train" })).toStrictEqual(["Äpfel/ñ.png"]);
      expect(await find({ part: "test", use: "in" })).toStrictEqual([]);
      expect(await find({ search: "ÄPFEL" })).toStrictEqual(["Äpfel/ñ.png", "äpfel/Straße.png"]);
      expect(await find({ search: ".jpg" })).toStrictEqual(["A\\3.JPG", "a%2.jpg", "a_1.jpg"]);
      for (const [search, path] of Object.entries({ "%": "a%2.jpg", _: "a_1.jpg", "\\": "A\\3.JPG" }))
        expect(await find({ search })).toStrictEqual([path]);
    });

    it("lists by name and newest first, each picture once, also while some come and go", async () => {
      const { images } = repository();
      const shapes = [0, 1, 2, 3, 4, 5, 6].map((n) => ({ path: `m${n}`, addedAt: NOW + Math.floor(n / 2) }));
      const byName = ["m0", "m1", "m2", "m3", "m4", "m5", "m6"];
      for (const sort of ["path", "newest"] as const) {
        const { id } = await leavesWith(shapes);
        const walked = await walkPages(
          (request) => images.page(id, { ...request, sort }),
          2,
          async (given) => {
            if (given.length !== 4) return;
            const late = ["a", "z"].map((path) => sampleImage(id, { path, addedAt: NOW + 99 }));
            await images.add(id, { classes: [], images: late, parts: new Map(), at: NOW });
            // the one that the next page comes after
            await images.remove(id, [given.at(-1)?.id ?? ""], NOW);
          },
        );
        expect(paths(walked).toSorted()).toStrictEqual(sort === "path" ? [...byName, "z"] : byName);
        const times = walked.map(({ addedAt }) => addedAt - NOW);
        if (sort === "newest") expect(times).toStrictEqual([3, 2, 2, 1, 1, 0, 0]);
      }
    });

    it("finds an account's pictures by their bytes, one for each", async () => {
      const store = repository();
      const { id, owner } = await newLeaves(store);
      const second = await newLeaves(store, owner);
      const stranger = await newLeaves(store);
      const [a, b, c] = [newHash(), newHash(), newHash()];
      const of = (dataset: string, hash: string) => sampleImage(dataset, { hash });
      const mine = [of(id, a), of(id, a), of(second.id, a), of(second.id, b)];
      const theirs = [of(stranger.id, a), of(stranger.id, c)];
      for (const image of [...mine, ...theirs])
        await store.images.add(image.dataset, { classes: [], images: [image], parts: new Map(), at: NOW });
      const found = await store.images.ofAccount(owner, [a, b, c, newHash()]);
      expect(found.map(({ hash }) => hash).toSorted()).toStrictEqual([a, b].toSorted());
      for (const image of found) expect(mine).toContainEqual(image);
    });

    it("keeps five thousand pictures, gives them by page and all, and moves them in one edit", async () => {
      const store = repository();
      const { id, ash, oak } = await newLeaves(store);
      const added = Array.from({ length: 5000 }, (_, n) =>
        sampleImage(id, { path: `${String(n % 7)}/${String(n).padStart(5, "0")}.jpg`, class: ash.id }),
      );
      await store.images.add(id, { classes: [], images: added, parts: new Map(), at: NOW });
      const sorted = added.toSorted((a, b) => (a.path < b.path ? -1 : 1));
      expect(await gather(store.images.all(id))).toStrictEqual(sorted);
      expect(await walkPages((request) => store.images.page(id, request), 999)).toStrictEqual(sorted);
      const before = { class: ash.id, use: "in", reason: null } as const;
      const moved = { ...before, class: oak.id };
      const left = { ...before, use: "out" } as const;
      const images = added.map((image, n) => ({ image: image.id, before, after: n % 2 ? moved : left }));
      const parts = new Map(added.map((image, n) => [image.id, n % 3 ? "train" : "validation"] as const));
      const edit = sampleEdit(id, 1, { images });
      await store.edits.apply(edit, parts);
      expect(await store.edits.get(id, 1)).toStrictEqual(edit);
      const { classes } = await store.datasets.counts(id);
      expect(classes[ash.id]).toMatchObject({ out: 2500, train: 0, validation: 0 });
      expect(classes[oak.id]).toMatchObject({ out: 0, train: 1667, validation: 833 });
      const ids = added.map((image) => image.id);
      expect((await store.images.getMany(ids)).map((image) => image.id)).toStrictEqual(ids);
      expect(await store.images.remove(id, ids, NOW)).toHaveLength(5000);
      expect(await gather(store.images.all(id))).toStrictEqual([]);
    });
  });
}
