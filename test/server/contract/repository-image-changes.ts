import { type ImageRow, newId } from "@graft/api";
import { describe, expect, it } from "vitest";
import { NOW, newHash, sampleClass, sampleEdit, sampleImage } from "./sample-rows.ts";
import { gather, newLeaves, type OpenRepository, outcomes, sharedRepository } from "./shared-repository.ts";

/** What `ImageRepository.add` takes, for pictures alone. */
const only = (...images: readonly ImageRow[]) => ({ classes: [], images, parts: new Map(), at: NOW });

export function describeImageChanges(open: OpenRepository): void {
  describe("taking pictures in and away", () => {
    const repository = sharedRepository(open);

    it("takes pictures in with new classes, the sides of others, a split and notes", async () => {
      const { images, datasets } = repository();
      const { id, dataset, ash, oak } = await newLeaves(repository());
      const first = sampleImage(id, { path: "1", class: ash.id });
      await images.add(id, only(first));
      const elm = sampleClass(id, { name: "elm", position: 2 });
      const second = sampleImage(id, { path: "2", class: elm.id, part: "train" });
      const split = { ...dataset.split, kind: "given", version: 1 } as const;
      const notes = [{ code: "parts", message: "x" }];
      const parts = new Map([[first.id, "test"]] as const);
      await images.add(id, { classes: [elm], images: [second], parts, split, notes, at: NOW + 5 });
      expect(await datasets.classes(id)).toStrictEqual([ash, oak, elm]);
      expect(await gather(images.all(id))).toStrictEqual([{ ...first, part: "test" }, second]);
      expect(await datasets.get(id)).toStrictEqual({ ...dataset, split, notes, changedAt: NOW + 5 });
    });

    it("passes over a picture that is there, and one that comes twice", async () => {
      const { images } = repository();
      const { id, ash } = await newLeaves(repository());
      const first = sampleImage(id, { path: "1", class: ash.id, part: "train" });
      const again = sampleImage(id, { path: "1", hash: first.hash });
      const [second, twice] = [sampleImage(id, { path: "2" }), sampleImage(id, { path: "2" })];
      await images.add(id, only(first, again));
      await images.add(id, only(again, second, { ...twice, hash: second.hash }));
      expect(await gather(images.all(id))).toStrictEqual([first, second]);
    });

    it("refuses other bytes of a name that is there, with all that came beside", async () => {
      const { images, datasets } = repository();
      const { id, ash, oak } = await newLeaves(repository());
      const there = sampleImage(id, { path: "1" });
      await images.add(id, only(there));
      const elm = sampleClass(id, { name: "elm", position: 2 });
      const beside = Array.from({ length: 700 }, () => sampleImage(id));
      const added = { ...only(...beside, sampleImage(id, { path: "1" })), classes: [elm] };
      await expect(images.add(id, added)).rejects.toMatchObject({ code: "conflict" });
      const two = only(sampleImage(id, { path: "3" }), sampleImage(id, { path: "3" }));
      await expect(images.add(id, two)).rejects.toMatchObject({ code: "conflict" });
      expect(await gather(images.all(id))).toStrictEqual([there]);
      expect(await datasets.classes(id)).toStrictEqual([ash, oak]);
    });

    it("refuses classes that do not fit those of now, and pictures of a class that is gone", async () => {
      const { images, edits } = repository();
      const { id, oak } = await newLeaves(repository());
      const conflict = { code: "conflict" };
      for (const change of [
        { name: "oak", position: 2 },
        { name: "elm", position: 1 },
      ]) {
        const added = { ...only(sampleImage(id)), classes: [sampleClass(id, change)] };
        await expect(images.add(id, added)).rejects.toMatchObject(conflict);
      }
      const before = { name: "oak", position: 1, isOff: false };
      await edits.apply(sampleEdit(id, 1, { classes: [{ class: oak.id, before, after: null }] }), new Map());
      const late = only(sampleImage(id, { class: oak.id }));
      await expect(images.add(id, late)).rejects.toMatchObject(conflict);
      await expect(images.add("none", only(sampleImage("none")))).rejects.toMatchObject({
        code: "not-found",
      });
      expect(await gather(images.all(id))).toStrictEqual([]);
    });

    it("takes the same pictures in once when two bring them at once", async () => {
      const { images } = repository();
      const { id } = await newLeaves(repository());
      const hashes = Array.from({ length: 40 }, () => newHash());
      const brought = () => only(...hashes.map((hash, n) => sampleImage(id, { path: `${n}`, hash })));
      expect(await outcomes([1, 2, 3, 4].map(() => images.add(id, brought())))).toStrictEqual({ ok: 4 });
      expect((await gather(images.all(id))).map(({ hash }) => hash).toSorted()).toStrictEqual(hashes);
      const other = () => images.add(id, only(sampleImage(id, { path: "new" })));
      expect(await outcomes([other(), other(), other()])).toStrictEqual({ ok: 1, conflict: 2 });
    });

    it("lets one of several new classes through that come to one place at once", async () => {
      const { images, edits, datasets } = repository();
      for (let round = 0; round < 5; round++) {
        const { id } = await newLeaves(repository());
        const bring = (name: string) => {
          const classes = [sampleClass(id, { name, position: 2 })];
          return images.add(id, { ...only(sampleImage(id)), classes });
        };
        const after = { name: "yew", position: 2, isOff: false };
        const edit = sampleEdit(id, 1, { classes: [{ class: newId(), before: null, after }] });
        const tries = [bring("elm"), edits.apply(edit, new Map()), bring("fir")];
        expect(await outcomes(tries)).toStrictEqual({ ok: 1, conflict: 2 });
        expect(await datasets.classes(id)).toHaveLength(3);
      }
    });

    it("removes pictures of the data set alone, and says which were there", async () => {
      const { images, datasets } = repository();
      const [mine, other] = [await newLeaves(repository()), await newLeaves(repository())];
      const [a, b] = [sampleImage(mine.id), sampleImage(mine.id)];
      const theirs = sampleImage(other.id);
      await images.add(mine.id, only(a, b));
      await images.add(other.id, only(theirs));
      expect(await images.remove(mine.id, [a.id, theirs.id, "none"], NOW + 3)).toStrictEqual([a]);
      expect(await images.remove(mine.id, [a.id], NOW + 3)).toStrictEqual([]);
      expect(await gather(images.all(mine.id))).toStrictEqual([b]);
      expect(await images.get(theirs.id)).toStrictEqual(theirs);
      expect((await datasets.get(mine.id))?.changedAt).toBe(NOW + 3);
    });

    it("gives all pictures while others come and go", async () => {
      const { images } = repository();
      const { id } = await newLeaves(repository());
      const rows = Array.from({ length: 1300 }, (_, n) => sampleImage(id, { path: `m${n + 10_000}` }));
      await images.add(id, only(...rows));
      const given: ImageRow[] = [];
      for await (const page of images.all(id)) {
        if (given.length === 0) {
          await images.add(id, only(sampleImage(id, { path: "a" }), sampleImage(id, { path: "z" })));
          await images.remove(id, [page.at(-1)?.id ?? "", rows.at(-1)?.id ?? ""], NOW);
        }
        given.push(...page);
      }
      const expected = [...rows.slice(0, -1).map(({ path }) => path), "z"];
      expect(given.map(({ path }) => path)).toStrictEqual(expected);
    });
  });
}
