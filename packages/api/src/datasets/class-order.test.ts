import { expect, test } from "vitest";
import type { ClassRow } from "../ports/rows.ts";
import {
  addClasses,
  classChanges,
  insertClass,
  removeClasses,
  renameClass,
  reorderClasses,
  switchClass,
} from "./class-order.ts";

const rows = (...names: readonly string[]): ClassRow[] =>
  names.map((name, position) => ({ id: `id ${name}`, dataset: "d", name, position, isOff: false }));
const added = (name: string) => ({ id: `id ${name}`, dataset: "d", name });
const names = (classes: readonly ClassRow[]): string[] => {
  expect(classes.map(({ position }) => position)).toEqual(classes.map((_, at) => at));
  return classes.map(({ name }) => name);
};

test("a new class goes to its place among sorted ones, and behind those that a person has put in order", () => {
  expect(names(addClasses(rows("cat", "owl"), [added("dog"), added("Zebra")]))).toEqual([
    "Zebra",
    "cat",
    "dog",
    "owl",
  ]);
  expect(names(addClasses(rows("owl", "cat"), [added("dog")]))).toEqual(["owl", "cat", "dog"]);
});

test("a renamed class goes to its new place among sorted ones, else it stays where it is", () => {
  expect(names(renameClass(rows("cat", "dog", "owl"), "id cat", "zebra"))).toEqual(["dog", "owl", "zebra"]);
  expect(names(renameClass(rows("owl", "cat", "dog"), "id cat", "zebra"))).toEqual(["owl", "zebra", "dog"]);
  const classes = rows("cat", "dog");
  expect(renameClass(classes, "id cat", "cat")).toBe(classes);
});

test("a name that is there and a class that is not are refused", () => {
  const conflict = expect.objectContaining({ code: "conflict" });
  expect(() => addClasses(rows("cat"), [added("cat")])).toThrow(conflict);
  expect(() => addClasses(rows("cat"), [added("dog"), added("dog")])).toThrow(conflict);
  expect(() => renameClass(rows("cat", "dog"), "id cat", "dog")).toThrow(conflict);
  const missing = expect.objectContaining({ code: "not-found" });
  expect(() => renameClass(rows("cat"), "id dog", "dog")).toThrow(missing);
  expect(() => switchClass(rows("cat"), "id dog", true)).toThrow(missing);
});

test("an order names every class once", () => {
  const classes = rows("a", "b", "c");
  expect(names(reorderClasses(classes, ["id c", "id a", "id b"]))).toEqual(["c", "a", "b"]);
  for (const ids of [["id a", "id b"], ["id a", "id a", "id b"], []])
    expect(() => reorderClasses(classes, ids)).toThrow(expect.objectContaining({ code: "bad-input" }));
  const strange = ["id a", "id b", "id c", "id d"];
  expect(() => reorderClasses(classes, strange)).toThrow(expect.objectContaining({ code: "not-found" }));
});

test("classes that go leave no gap, one that comes back takes its place", () => {
  const classes = rows("a", "b", "c");
  expect(names(removeClasses(classes, new Set(["id a"])))).toEqual(["b", "c"]);
  const [, b] = classes;
  if (b === undefined) throw new Error("three classes");
  expect(names(insertClass(removeClasses(classes, new Set([b.id])), b))).toEqual(["a", "b", "c"]);
  expect(names(insertClass([], { ...b, position: 7 }))).toEqual(["b"]);
});

test("changes say what was, what is and nothing of what stayed", () => {
  const before = rows("cat", "dog");
  const after = switchClass(addClasses(before, [added("cow")]), "id cat", true);
  expect(classChanges(before, after)).toEqual([
    {
      class: "id cat",
      before: { name: "cat", position: 0, isOff: false },
      after: { name: "cat", position: 0, isOff: true },
    },
    {
      class: "id dog",
      before: { name: "dog", position: 1, isOff: false },
      after: { name: "dog", position: 2, isOff: false },
    },
    { class: "id cow", before: null, after: { name: "cow", position: 1, isOff: false } },
  ]);
  expect(classChanges(before, before)).toEqual([]);
});
