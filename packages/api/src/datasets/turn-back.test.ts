import fc from "fast-check";
import { expect, test } from "vitest";
import type { ClassRow, EditRow, ImageRow } from "../ports/rows.ts";
import {
  addClasses,
  classChanges,
  removeClasses,
  renameClass,
  reorderClasses,
  switchClass,
} from "./class-order.ts";
import { keep, leaveOut, moveTo } from "./picture-changes.ts";
import { type Direction, type TurnedBack, turnBack } from "./turn-back.ts";

type Changes = Pick<EditRow, "images" | "classes">;

/** A data set in memory, and edits done to it as a store does them. */
class EditedSet {
  classes: readonly ClassRow[];
  images: ReadonlyMap<string, ImageRow>;

  constructor(names: readonly string[], pictures: Readonly<Record<string, string | null>>) {
    this.classes = names.map((name, position) => ({ id: name, dataset: "d", name, position, isOff: false }));
    this.images = new Map(
      Object.entries(pictures).map(([id, of]) => [
        id,
        {
          ...{ id, dataset: "d", path: `${id}.png`, hash: id, bytes: 1, class: of, use: "in", reason: null },
          ...{ facts: null, group: null, part: null, thumbnail: null, addedAt: 0, addedBy: "a" },
        },
      ]),
    );
  }

  some = (...ids: readonly string[]): readonly ImageRow[] => ids.flatMap((id) => this.images.get(id) ?? []);
  sizeOf = (id: string): number => [...this.images.values()].filter((image) => image.class === id).length;

  apply({ images, classes }: Changes): Changes {
    const after = new Map(images.map((change) => [change.image, change.after]));
    this.images = new Map([...this.images].map(([id, row]) => [id, { ...row, ...after.get(id) }]));
    const rows = new Map(this.classes.map((row) => [row.id, row]));
    for (const { class: id, after: state } of classes)
      if (state === null) rows.delete(id);
      else rows.set(id, { id, dataset: "d", ...state });
    this.classes = [...rows.values()].sort((a, b) => a.position - b.position);
    expect(this.classes.map(({ position }) => position)).toEqual(this.classes.map((_, at) => at));
    expect(new Set(this.classes.map(({ name }) => name)).size).toBe(this.classes.length);
    for (const { class: of } of this.images.values()) if (of !== null) expect(rows.has(of)).toBe(true);
    return { images, classes };
  }
  changeClasses = (change: (classes: readonly ClassRow[]) => readonly ClassRow[]): Changes =>
    this.apply({ images: [], classes: classChanges(this.classes, change(this.classes)) });
  change = (images: EditRow["images"]): Changes => this.apply({ images, classes: [] });
  merge(from: string, into: string): Changes {
    const images = moveTo(
      [...this.images.values()].filter((image) => image.class === from),
      into,
    );
    return this.apply({
      images,
      classes: classChanges(this.classes, removeClasses(this.classes, new Set([from]))),
    });
  }
  turn(edit: Changes, direction: Direction): TurnedBack {
    const turned = turnBack(edit, direction, {
      ...{ dataset: "d", classes: this.classes, images: this.images, sizeOf: this.sizeOf },
    });
    this.apply(turned);
    return turned;
  }
  get state() {
    return {
      classes: this.classes.map(({ id, name, isOff }) => `${id}:${name}${isOff ? " off" : ""}`),
      images: [...this.images.values()].map(({ id, class: of, use }) => `${id} ${of} ${use}`),
    };
  }
}

const opened = () => new EditedSet(["cat", "dog"], { 1: "cat", 2: "cat", 3: "dog", 4: null });

test("a move is undone and redone; pictures that somebody moved on stay, and are counted", () => {
  const set = opened();
  const start = set.state;
  const move = set.change(moveTo(set.some("1", "2", "4"), "dog"));
  const moved = set.state;
  expect(set.turn(move, "undo")).toMatchObject({ missedImages: 0 });
  expect(set.state).toEqual(start);
  expect(set.turn(move, "redo")).toMatchObject({ missedImages: 0 });
  expect(set.state).toEqual(moved);
  set.change(moveTo(set.some("2"), "cat"));
  expect(set.turn(move, "undo")).toMatchObject({ missedImages: 1, images: [{ image: "1" }, { image: "4" }] });
});

test("each part of a picture is undone by itself: a left-out one goes back to its class and stays left out", () => {
  const set = opened();
  const move = set.change(moveTo(set.some("1"), "dog"));
  const out = set.change(leaveOut(set.some("1"), "blurred"));
  expect(set.turn(move, "undo")).toMatchObject({ missedImages: 0 });
  expect(set.images.get("1")).toMatchObject({ class: "cat", use: "out", reason: "blurred" });
  set.turn(out, "undo");
  expect(set.images.get("1")).toMatchObject({ class: "cat", use: "in", reason: null });
  set.turn(out, "redo");
  expect(set.images.get("1")).toMatchObject({ use: "out", reason: "blurred" });
  const kept = set.change(keep(set.some("1", "2")));
  expect(kept.images).toHaveLength(1);
});

test("a picture that was deleted is counted", () => {
  const set = opened();
  const move = set.change(moveTo(set.some("1", "2"), "dog"));
  set.images = new Map([...set.images].filter(([id]) => id !== "1"));
  expect(set.turn(move, "undo")).toMatchObject({ missedImages: 1, images: [{ image: "2" }] });
});

test("a merge is undone: the class comes back to its place with its pictures, and is merged again", () => {
  const set = opened();
  const start = set.state;
  const merge = set.merge("cat", "dog");
  const merged = set.state;
  expect(merged.classes).toEqual(["dog:dog"]);
  expect(set.turn(merge, "undo")).toMatchObject({ missedImages: 0, missedClasses: 0 });
  expect(set.state).toEqual(start);
  expect(set.turn(merge, "redo")).toMatchObject({ missedImages: 0, missedClasses: 0 });
  expect(set.state).toEqual(merged);
});

test("a merge whose class has a new namesake stays, with its pictures", () => {
  const set = opened();
  const merge = set.merge("cat", "dog");
  set.changeClasses((classes) => addClasses(classes, [{ id: "new", dataset: "d", name: "cat" }]));
  expect(set.turn(merge, "undo")).toMatchObject({ images: [], missedImages: 2, missedClasses: 1 });
});

test("a merge done again leaves a class that got other pictures in between", () => {
  const set = opened();
  const merge = set.merge("cat", "dog");
  set.turn(merge, "undo");
  set.change(moveTo(set.some("4"), "cat"));
  expect(set.turn(merge, "redo")).toMatchObject({ missedImages: 0, missedClasses: 1 });
  expect(set.state.classes).toEqual(["cat:cat", "dog:dog"]);
});

test("a new class goes when it is empty, and stays with pictures in it; the others close up", () => {
  const set = opened();
  const start = set.state;
  const add = set.changeClasses((classes) => addClasses(classes, [{ id: "ant", dataset: "d", name: "ant" }]));
  expect(set.state.classes).toEqual(["ant:ant", "cat:cat", "dog:dog"]);
  expect(set.turn(add, "undo")).toMatchObject({ missedClasses: 0 });
  expect(set.state).toEqual(start);
  set.turn(add, "redo");
  expect(set.state.classes[0]).toBe("ant:ant");
  set.change(moveTo(set.some("1"), "ant"));
  expect(set.turn(add, "undo")).toMatchObject({ classes: [], missedClasses: 1 });
});

test("names, switches and order are undone apart from each other, unless they were changed since", () => {
  const set = opened();
  const rename = set.changeClasses((classes) => renameClass(classes, "cat", "zebra"));
  expect(set.state.classes).toEqual(["dog:dog", "cat:zebra"]);
  const off = set.changeClasses((classes) => switchClass(classes, "cat", true));
  expect(set.turn(rename, "undo")).toMatchObject({ missedClasses: 0 });
  expect(set.state.classes).toEqual(["cat:cat off", "dog:dog"]);
  set.turn(off, "undo");
  expect(set.state.classes).toEqual(["cat:cat", "dog:dog"]);
  const order = set.changeClasses((classes) => reorderClasses(classes, ["dog", "cat"]));
  set.changeClasses((classes) => addClasses(classes, [{ id: "ant", dataset: "d", name: "ant" }]));
  expect(set.turn(order, "undo")).toMatchObject({ missedClasses: 0 });
  expect(set.state.classes).toEqual(["cat:cat", "dog:dog", "ant:ant"]);
  expect(set.turn(order, "undo")).toMatchObject({ classes: [], missedClasses: 2 });
  const again = set.changeClasses((classes) => renameClass(classes, "ant", "bee"));
  set.changeClasses((classes) => renameClass(classes, "ant", "wasp"));
  expect(set.turn(again, "undo")).toMatchObject({ classes: [], missedClasses: 1 });
});

test("whatever was edited, undoing all from the last to the first gives what was, and redoing all gives it back", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("move" as const), images: fc.subarray(["1", "2", "3", "4"]), at: fc.nat(5) }),
    fc.record({
      do: fc.constantFrom("out" as const, "keep" as const),
      images: fc.subarray(["1", "2", "3", "4"]),
      at: fc.nat(5),
    }),
    fc.record({
      do: fc.constantFrom(
        "add" as const,
        "rename" as const,
        "merge" as const,
        "order" as const,
        "switch" as const,
      ),
      images: fc.constant<string[]>([]),
      at: fc.nat(5),
    }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const set = opened();
      const states = [set.state];
      const edits: Changes[] = [];
      for (const [number, { do: kind, images, at }] of steps.entries()) {
        const ids = set.classes.map(({ id }) => id);
        const id = ids[at % Math.max(1, ids.length)] ?? "";
        const other = ids[(at + 1) % Math.max(1, ids.length)] ?? "";
        if (kind !== "add" && ids.length < 2) continue;
        const rows = set.some(...images);
        if (kind === "move") edits.push(set.change(moveTo(rows, at === 5 ? null : id)));
        else if (kind === "out") edits.push(set.change(leaveOut(rows, null)));
        else if (kind === "keep") edits.push(set.change(keep(rows)));
        else if (kind === "merge") edits.push(set.merge(id, other));
        else
          edits.push(
            set.changeClasses((classes) => {
              if (kind === "add")
                return addClasses(classes, [{ id: `c${number}`, dataset: "d", name: `c${number}` }]);
              if (kind === "rename") return renameClass(classes, id, `n${number}`);
              return kind === "order"
                ? reorderClasses(classes, ids.toReversed())
                : switchClass(classes, id, at % 2 === 0);
            }),
          );
        states.push(set.state);
      }
      for (const [at, edit] of [...edits.entries()].reverse()) {
        expect(set.turn(edit, "undo")).toMatchObject({ missedImages: 0, missedClasses: 0 });
        expect(set.state).toEqual(states[at]);
      }
      for (const [at, edit] of edits.entries()) {
        expect(set.turn(edit, "redo")).toMatchObject({ missedImages: 0, missedClasses: 0 });
        expect(set.state).toEqual(states[at + 1]);
      }
    }),
  );
});
