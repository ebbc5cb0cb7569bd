import type { ClassChange, ImageChange, ImageRow } from "@graft/api";
import { describe, expect, it } from "vitest";
import { NOW, sampleEdit, sampleImage } from "./sample-rows.ts";
import {
  newLeaves,
  type OpenRepository,
  outcomes,
  sharedRepository,
  walkPages,
} from "./shared-repository.ts";

const turned = (changes: readonly ImageChange[]): readonly ImageChange[] =>
  changes.map(({ image, before, after }) => ({ image, before: after, after: before }));

export function describeEdits(open: OpenRepository): void {
  describe("edits", () => {
    const repository = sharedRepository(open);

    async function leavesWithImages(count: number) {
      const leaves = await newLeaves(repository());
      const images = Array.from({ length: count }, (_, n) =>
        sampleImage(leaves.id, { path: `${n}`, class: leaves.ash.id, part: "train" }),
      );
      await repository().images.add(leaves.id, { classes: [], images, parts: new Map(), at: NOW });
      return { ...leaves, images };
    }
    const change = (
      { id, use, reason, class: of }: ImageRow,
      after: Partial<ImageChange["after"]>,
    ): ImageChange => {
      const before = { class: of, use, reason };
      return { image: id, before, after: { ...before, ...after } };
    };

    it("changes pictures, leaves their side to them, and puts the log's last number up", async () => {
      const { edits, images, datasets } = repository();
      const { id, dataset, oak, images: there } = await leavesWithImages(3);
      const [a, b, c] = there;
      if (!a || !b || !c) throw new Error("Three pictures were added.");
      const changes = [change(a, { class: oak.id }), change(b, { use: "out", reason: "'x' \\ \"y\"" })];
      const edit = sampleEdit(id, 1, { images: changes });
      await edits.apply(edit, new Map([[c.id, "test"]]));
      expect(await images.getMany([a.id, b.id, c.id])).toStrictEqual([
        { ...a, class: oak.id },
        { ...b, use: "out", reason: "'x' \\ \"y\"" },
        { ...c, part: "test" },
      ]);
      expect(await datasets.get(id)).toStrictEqual({ ...dataset, lastEdit: 1, changedAt: edit.at });
      const undo = sampleEdit(id, 2, { kind: "undo", of: 1, images: turned(changes) });
      await edits.apply(undo, new Map());
      expect(await images.getMany([a.id, b.id])).toStrictEqual([a, b]);
      expect(await edits.get(id, 1)).toStrictEqual({ ...edit, isUndone: true });
      const redo = sampleEdit(id, 3, { kind: "redo", of: 1, images: changes });
      await edits.apply(redo, new Map());
      expect(await edits.get(id, 1)).toStrictEqual(edit);
      expect(await edits.get(id, 9)).toBeUndefined();
      expect(await walkPages((request) => edits.page(id, request), 2)).toStrictEqual([redo, undo, edit]);
    });

    it("lets one of several edits at once through", async () => {
      const { edits, images, datasets } = repository();
      const { id, images: there } = await leavesWithImages(5);
      const tries = there.map((image, n) =>
        edits.apply(sampleEdit(id, 1, { by: `${n}`, images: [change(image, { use: "out" })] }), new Map()),
      );
      expect(await outcomes(tries)).toStrictEqual({ ok: 1, conflict: 4 });
      expect((await datasets.get(id))?.lastEdit).toBe(1);
      const winner = (await edits.get(id, 1))?.by;
      const out = await images.page(id, { limit: 9, use: "out" });
      expect(out.items.map(({ path }) => path)).toStrictEqual([winner]);
      for (const number of [0, 1, 3]) {
        const edit = sampleEdit(id, number);
        await expect(edits.apply(edit, new Map())).rejects.toMatchObject({ code: "conflict" });
      }
      await expect(edits.apply(sampleEdit("none", 1), new Map())).rejects.toMatchObject({
        code: "not-found",
      });
    });

    it("changes classes: names and places may be swapped, one may come and go", async () => {
      const { edits, datasets } = repository();
      const { id, ash, oak } = await newLeaves(repository());
      const swap = [
        { class: ash.id, before: place(ash), after: { name: "oak", position: 1, isOff: true } },
        { class: oak.id, before: place(oak), after: { name: "ash", position: 0, isOff: false } },
      ];
      await edits.apply(sampleEdit(id, 1, { kind: "reorder-classes", classes: swap }), new Map());
      expect(await datasets.classes(id)).toStrictEqual([
        { ...oak, name: "ash", position: 0 },
        { ...ash, name: "oak", position: 1, isOff: true },
      ]);
      const added = {
        class: `elm of ${id}`,
        before: null,
        after: { name: "elm", position: 2, isOff: false },
      };
      await edits.apply(sampleEdit(id, 2, { kind: "add-class", classes: [added] }), new Map());
      expect((await datasets.classes(id)).map(({ name }) => name)).toStrictEqual(["ash", "oak", "elm"]);

      function place({ name, position, isOff }: typeof ash): ClassChange["before"] {
        return { name, position, isOff };
      }
    });

    it("merges classes with their pictures, and brings the same class back", async () => {
      const { edits, images, datasets } = repository();
      const { id, ash, oak, images: there } = await leavesWithImages(2);
      const [gone, moved] = [
        { name: "ash", position: 0, isOff: false },
        { name: "oak", position: 1, isOff: false },
      ];
      const classes = [
        { class: ash.id, before: gone, after: null },
        { class: oak.id, before: moved, after: { ...moved, position: 0 } },
      ];
      const changes = there.map((image) => change(image, { class: oak.id }));
      await edits.apply(sampleEdit(id, 1, { kind: "merge-classes", images: changes, classes }), new Map());
      expect(await datasets.classes(id)).toStrictEqual([{ ...oak, position: 0 }]);
      const back = classes.map(({ class: of, before, after }) => ({
        class: of,
        before: after,
        after: before,
      }));
      const undo = sampleEdit(id, 2, { kind: "undo", of: 1, images: turned(changes), classes: back });
      await edits.apply(undo, new Map());
      expect(await datasets.classes(id)).toStrictEqual([ash, oak]);
      expect(await images.getMany(there.map((image) => image.id))).toStrictEqual(there);
    });

    it("does nothing of an edit that cannot be done", async () => {
      const { edits, images, datasets } = repository();
      const { id, dataset, ash, oak, images: there } = await leavesWithImages(1);
      const out = there.map((image) => change(image, { use: "out" }));
      const wrong: readonly ClassChange["after"][] = [
        { name: "oak", position: 0, isOff: false },
        { name: "ash", position: 2, isOff: false },
        // its picture is not moved
        null,
      ];
      for (const after of wrong) {
        const classes = [{ class: ash.id, before: { name: "ash", position: 0, isOff: false }, after }];
        const tried = edits.apply(sampleEdit(id, 1, { images: out, classes }), new Map());
        await expect(tried).rejects.toMatchObject({ code: "conflict" });
      }
      expect(await datasets.classes(id)).toStrictEqual([ash, oak]);
      expect(await datasets.get(id)).toStrictEqual({ ...dataset, lastEdit: 0 });
      expect(await images.get(there[0]?.id ?? "")).toStrictEqual(there[0]);
      expect(await edits.page(id, { limit: 5 })).toStrictEqual({ items: [] });
    });

    it("passes over pictures that were deleted since, and those of another data set", async () => {
      const { edits, images } = repository();
      const { id, images: there } = await leavesWithImages(2);
      const other = await leavesWithImages(1);
      const [deleted, left, theirs] = [...there, ...other.images];
      if (!deleted || !left || !theirs) throw new Error("Three pictures were added.");
      await images.remove(id, [deleted.id], NOW);
      const changes = [deleted, left, theirs].map((image) => change(image, { use: "out" }));
      await edits.apply(sampleEdit(id, 1, { images: changes }), new Map([[theirs.id, "test"]]));
      expect(await images.getMany([deleted.id, left.id, theirs.id])).toStrictEqual([
        { ...left, use: "out" },
        theirs,
      ]);
    });
  });
}
