import { type Dataset, drawSplit, imagesOfPart, type Part } from "@graft/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ClassRow, DatasetRow, ImageRow } from "../ports/rows.ts";
import { freezeDataset } from "./freeze.ts";
import { dealUndealt, drawSides } from "./split-sides.ts";

interface Spec {
  readonly class: string | null;
  readonly content: string;
  readonly look?: string;
  readonly group?: string;
  readonly part?: Part;
  readonly path?: string;
  readonly use?: ImageRow["use"];
}

/** Hex digits that depend on the text alone (FNV-1a, again for every eight). */
function digits(text: string, length: number): string {
  let made = "";
  for (let round = 0; made.length < length; round++) {
    let hash = 0x811c9dc5;
    for (const letter of `${round} ${text}`) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0;
    made += (Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0).toString(16).padStart(8, "0");
  }
  return made.slice(0, length);
}

const rowsOf = (specs: readonly Spec[]): ImageRow[] =>
  specs.map(({ class: of, content, look = content, group = null, part = null, path, use = "in" }, at) => ({
    ...{ id: `i${at}`, dataset: "d", path: path ?? `${of}/${String(at).padStart(4, "0")}.png` },
    ...{ hash: digits(content, 64), bytes: 100, class: of, use, reason: null, group, part, thumbnail: null },
    facts: { format: "png", width: 40, height: 30, perceptualHash: digits(`look ${look}`, 16) },
    ...{ addedAt: 0, addedBy: "a" },
  }));

const classesOf = (...names: readonly string[]): ClassRow[] =>
  names.map((name, position) => ({ id: name, dataset: "d", name, position, isOff: false }));

const dataset = (split: Partial<DatasetRow["split"]> = {}): DatasetRow => ({
  ...{ id: "d", owner: "a", name: "pets", createdAt: 0, changedAt: 0, lastEdit: 3, notes: [] },
  split: { seed: 1, fraction: 0.2, groupPrefix: false, kind: "drawn", version: 1, ...split },
});

const withParts = (rows: readonly ImageRow[], parts: ReadonlyMap<string, Part>): ImageRow[] =>
  rows.map((row) => ({ ...row, part: parts.get(row.id) ?? row.part }));

/** The rows as core's scan would give the folder of them. */
const scanned = (rows: readonly ImageRow[], labels: readonly string[]): Dataset => ({
  ...{ source: "pets", labels, skipped: [], broken: [], notes: [] },
  presplit: rows.some(({ part }) => part !== null),
  images: rows
    .flatMap(({ path, hash, bytes, class: of, facts, group, part }) =>
      facts === null || of === null
        ? []
        : [
            {
              ...{ path, hash, bytes, facts, label: labels.indexOf(of) },
              ...(group === null ? {} : { group }),
              ...(part === null ? {} : { part }),
            },
          ],
    )
    .sort((a, b) => (a.path < b.path ? -1 : 1)),
});

const LABELS = ["cat", "dog", "owl"];
const spec = fc
  .record({
    class: fc.constantFrom(...LABELS),
    content: fc.nat(40).map(String),
    group: fc.option(fc.nat(6), { nil: undefined }),
    look: fc.option(fc.nat(6), { nil: undefined }),
  })
  .map(
    ({ group, look, ...rest }): Spec => ({
      ...rest,
      ...(group === undefined ? {} : { group: `g${group}` }),
      ...(look === undefined ? {} : { look: `scene ${look}` }),
    }),
  );
const specs = fc
  .array(spec, { maxLength: 60 })
  .map((drawn) => [...LABELS.map((of): Spec => ({ class: of, content: `own ${of}` })), ...drawn]);
const rule = fc.record({ seed: fc.nat(100), fraction: fc.double({ min: 0.1, max: 0.5, noNaN: true }) });

test("what is frozen of new pictures is what core draws of their folder: split, labels, images and their order", () => {
  fc.assert(
    fc.property(specs, rule, (drawn, split) => {
      const rows = rowsOf(drawn);
      const of = dataset(split);
      const parts = dealUndealt(rows, classesOf(...LABELS), of.split);
      const frozen = freezeDataset(of, classesOf(...LABELS), withParts(rows, parts).toReversed());
      const folder = scanned(rows, LABELS);
      expect(frozen.split).toEqual(drawSplit(folder, split));
      expect(frozen.dataset).toEqual(folder);
      expect([frozen.lastEdit, frozen.splitVersion]).toEqual([3, 1]);
      // drawing all anew changes nothing
      const again = drawSides(withParts(rows, parts), classesOf(...LABELS), of.split);
      expect([new Map([...again.parts].sort()), again.moved]).toEqual([new Map([...parts].sort()), []]);
    }),
  );
});

test("given folders are kept as they are, a content on two sides too", () => {
  const rows = rowsOf([
    { class: "cat", content: "a", part: "train" },
    { class: "cat", content: "a", part: "validation" },
    { class: "dog", content: "b", part: "train" },
    { class: "dog", content: "c", part: "test" },
  ]);
  const of = dataset({ kind: "given" });
  const frozen = freezeDataset(of, classesOf("cat", "dog"), rows);
  const folder = scanned(rows, ["cat", "dog"]);
  expect(frozen.split).toEqual(drawSplit(folder, of.split));
  expect(frozen.dataset).toEqual(folder);
  expect(imagesOfPart(frozen.dataset, frozen.split, "validation").map(({ path }) => path)).toEqual([
    "cat/0001.png",
  ]);
});

test("a test folder stays, and the share that is checked is drawn of the train folder alone", () => {
  const learned = Array.from(
    { length: 20 },
    (_, at): Spec => ({ class: at % 2 ? "cat" : "dog", content: `${at}` }),
  );
  const rows = rowsOf([
    ...learned,
    { class: "cat", content: "t", part: "test" },
    { class: "cat", content: "0", part: "test" },
  ]);
  const of = dataset();
  const parts = dealUndealt(rows, classesOf("cat", "dog"), of.split);
  const frozen = freezeDataset(of, classesOf("cat", "dog"), withParts(rows, parts));
  const folder = scanned(
    rows.map((row) => ({ ...row, part: row.part ?? "train" })),
    ["cat", "dog"],
  );
  expect(frozen.split).toEqual(drawSplit(folder, of.split));
  expect(frozen.dataset).toEqual(folder);
});

test("a picture in two classes is on no side; once one is left out the other goes to a side, or to the one it had", () => {
  const many = Array.from(
    { length: 12 },
    (_, at): Spec => ({ class: at % 2 ? "cat" : "dog", content: `${at}` }),
  );
  const rows = rowsOf([...many, { class: "cat", content: "both" }, { class: "dog", content: "both" }]);
  const classes = classesOf("cat", "dog");
  const first = withParts(rows, dealUndealt(rows, classes, dataset().split));
  expect(first.slice(-2).map(({ part }) => part)).toEqual([null, null]);
  const decided = first.map((row, at) => (at === rows.length - 1 ? { ...row, use: "out" as const } : row));
  const sides = dealUndealt(decided, classes, dataset().split);
  expect([...sides.keys()]).toEqual([`i${rows.length - 2}`]);
  // a content that has a side and comes again under another class loses it only for as long as that is in doubt
  const [known, ...rest] = first;
  if (known?.part == null) throw new Error("the first picture is dealt");
  const twin: ImageRow = { ...known, id: "twin", path: "cat/twin.png", class: "cat", part: null };
  expect(known.class).toBe("dog");
  const inDoubt = freezeDataset(dataset(), classes, [known, ...rest, twin]).split;
  expect([...inDoubt.train, ...inDoubt.validation]).not.toContain(known.hash);
  expect(dealUndealt([known, ...rest, twin], classes, dataset().split)).toEqual(new Map());
  const out = { ...known, use: "out" as const };
  expect(dealUndealt([out, ...rest, twin], classes, dataset().split)).toEqual(
    new Map([["twin", known.part]]),
  );
});

test("left-out, broken and unsorted pictures and classes that are off are not frozen; broken ones are named", () => {
  const rows = rowsOf([
    ...Array.from(
      { length: 10 },
      (_, at): Spec => ({
        class: at % 2 ? "cat" : "dog",
        content: `${at}`,
        part: at < 8 ? "train" : "validation",
      }),
    ),
    { class: "cat", content: "out", use: "out", part: "train" },
    { class: null, content: "loose" },
    { class: "owl", content: "off", part: "train" },
    { class: "owl", content: "0", part: "train" },
  ]);
  const broken: ImageRow = {
    ...(rows[0] ?? raise()),
    id: "b",
    path: "cat/b.jpg",
    use: "broken",
    reason: "It is cut off.",
    facts: null,
    part: null,
  };
  const classes = classesOf("owl", "dog", "cat").map((row) => ({ ...row, isOff: row.id === "owl" }));
  const frozen = freezeDataset(dataset(), classes, [...rows, broken]);
  expect(frozen.dataset.labels).toEqual(["dog", "cat"]);
  expect(frozen.dataset.images).toHaveLength(10);
  expect(frozen.split.train).toHaveLength(8);
  expect(frozen.dataset.broken).toEqual([{ path: "cat/b.jpg", code: "corrupt", reason: "It is cut off." }]);
});

function raise(): never {
  throw new Error("there is no such row");
}

test("what cannot be trained on is refused with what to do", () => {
  const rows = rowsOf([
    { class: "cat", content: "1", part: "train" },
    { class: "cat", content: "2", part: "validation" },
    { class: "dog", content: "3", part: "validation" },
  ]);
  const refusal = (classes: readonly ClassRow[], images: readonly ImageRow[] = rows) => {
    try {
      return freezeDataset(dataset(), classes, images);
    } catch (error) {
      return String(error);
    }
  };
  expect(refusal([])).toMatch(/no class to learn; at least two/);
  expect(refusal(classesOf("cat"))).toMatch(/one class to learn; at least two/);
  expect(refusal(classesOf("cat", "dog"))).toMatch(/no picture to learn dog from. Add pictures of it/);
  const twice = rowsOf([
    { class: "cat", content: "1", part: "train" },
    { class: "cat", content: "3" },
    { class: "dog", content: "3" },
  ]);
  expect(refusal(classesOf("cat", "dog"), twice)).toMatch(
    /no picture to learn dog from. Some of its pictures lie/,
  );
});

test("pictures that are numbered alike are one group where the rule says so; all in one is refused", () => {
  const clip = (name: string, of: string) =>
    Array.from(
      { length: 4 },
      (_, at): Spec => ({ class: of, content: `${name} ${at}`, path: `${of}/${name}_${at}.png` }),
    );
  const rows = rowsOf([
    ...clip("walk", "cat"),
    ...clip("sit", "cat"),
    ...clip("run", "dog"),
    ...clip("lie", "dog"),
  ]);
  const classes = classesOf("cat", "dog");
  const split = { ...dataset().split, groupPrefix: true };
  const { parts } = drawSides(rows, classes, split);
  for (const name of ["walk", "sit", "run", "lie"]) {
    const sides = rows.filter(({ path }) => path.includes(name)).map(({ id }) => parts.get(id));
    expect(new Set(sides).size).toBe(1);
  }
  const one = rowsOf(clip("walk", "cat"));
  expect(() => drawSides(one, classes, split)).toThrow(expect.objectContaining({ code: "bad-input" }));
});

test("another seed moves pictures between the sides and says how many; pictures that are out lose theirs", () => {
  const rows = rowsOf(
    Array.from({ length: 60 }, (_, at): Spec => ({ class: at % 2 ? "cat" : "dog", content: `${at}` })),
  );
  const classes = classesOf("cat", "dog");
  const first = withParts(rows, dealUndealt(rows, classes, dataset().split));
  const [out, ...rest] = first;
  if (out === undefined) throw new Error("there are pictures");
  const left = [{ ...out, use: "out" as const }, ...rest];
  const { parts, moved } = drawSides(left, classes, { ...dataset().split, seed: 2, version: 2 });
  expect(parts.has(out.id)).toBe(false);
  const to = Object.fromEntries(moved.map((move) => [move.to, move.pictures]));
  expect(to.validation).toBeGreaterThan(0);
  const held = (sides: ReadonlyMap<string, Part>) =>
    [...sides].filter(([, part]) => part === "validation").length;
  const before = new Map(rest.flatMap(({ id, part }) => (part === null ? [] : [[id, part] as const])));
  expect(held(parts) - held(before)).toBe((to.validation ?? 0) - (to.train ?? 0));
});

test("a changed copy that comes in a later upload goes to the side of its photo", () => {
  const many = Array.from(
    { length: 12 },
    (_, at): Spec => ({ class: "cat", content: `${at}`, path: `cat/photo${at}.jpg` }),
  );
  const rows = rowsOf(many);
  const first = withParts(rows, dealUndealt(rows, classesOf("cat"), dataset().split));
  const held = first.find(({ part }) => part === "validation");
  const copy = rowsOf([
    { class: "cat", content: "flipped", path: held?.path.replace(".jpg", "_flip.jpg") ?? "" },
  ]).map((row) => ({ ...row, id: "copy" }));
  expect(dealUndealt([...first, ...copy], classesOf("cat"), dataset().split)).toEqual(
    new Map([["copy", "validation"]]),
  );
});
