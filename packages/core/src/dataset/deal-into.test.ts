import fc from "fast-check";
import { expect, test } from "vitest";
import { type DealtImage, dealInto } from "./deal-into.ts";
import { drawSplit } from "./split.ts";
import { datasetOf, type ImageSpec, imageOf } from "./testing.ts";
import type { Part } from "./types.ts";

/** Labels 0 to 2; contents that repeat, groups and looks that several images share, contents under two labels. */
const specs = fc.array(
  fc
    .record({
      label: fc.nat(2),
      content: fc.nat(60),
      group: fc.option(fc.nat(8), { nil: undefined }),
      look: fc.option(fc.nat(8), { nil: undefined }),
    })
    .map(
      ({ label, content, group, look }): ImageSpec => ({
        label,
        content: String(content),
        ...(group === undefined ? {} : { group: `g${group}` }),
        ...(look === undefined ? {} : { look: `look ${look}` }),
      }),
    ),
  { minLength: 1, maxLength: 80 },
);
const options = fc.record({ seed: fc.nat(1000), fraction: fc.double({ min: 0.05, max: 0.6, noNaN: true }) });

/** A data set with an image of each label that no draw leaves out. */
const withOwn = (images: readonly ImageSpec[]) =>
  datasetOf([...[0, 1, 2].map((label) => ({ label, content: `own ${label}` })), ...images]);

const hashOf = (content: string): string => imageOf({ label: 0, content }).hash;
const dealtOf = (part: Part, specsOfPart: readonly ImageSpec[]): DealtImage[] =>
  specsOfPart.map((spec) => ({ ...imageOf(spec), part }));
const many = (count: number, label: number, name: string): ImageSpec[] =>
  Array.from({ length: count }, (_, at) => ({ label, content: `${name} ${at}` }));
const SETTINGS = { seed: 1, fraction: 0.2 };

test("with nothing before it, it is the split that is drawn of the whole data set", () => {
  fc.assert(
    fc.property(specs, options, (images, settings) => {
      const dataset = withOwn(images);
      const { train, validation } = drawSplit(dataset, settings);
      const sides = dealInto([], dataset.images, settings);
      const of = (part: Part) => [...sides].flatMap(([hash, side]) => (side === part ? [hash] : [])).sort();
      expect([of("train"), of("validation")]).toEqual([train, validation]);
    }),
  );
});

test("train and test folders without validation: the same as drawSplit, whatever test holds", () => {
  fc.assert(
    fc.property(specs, specs, options, (learned, tested, settings) => {
      const images = [
        ...withOwn(learned).images.map((image) => ({ ...image, part: "train" as const })),
        ...tested.map((spec) => ({ ...imageOf(spec), part: "test" as const })),
      ];
      const { train, validation } = drawSplit({ ...withOwn(learned), images, presplit: true }, settings);
      const sides = dealInto(
        images.filter((image): image is typeof image & { part: "test" } => image.part === "test"),
        images.filter(({ part }) => part === "train"),
        settings,
      );
      const of = (part: Part) => [...sides].flatMap(([hash, side]) => (side === part ? [hash] : [])).sort();
      expect([of("train"), of("validation")]).toEqual([train, validation]);
    }),
  );
});

test("nothing that has a side is dealt again, groups stay whole, and only contents in doubt have no side", () => {
  fc.assert(
    fc.property(specs, specs, options, (before, after, settings) => {
      const first = withOwn(before);
      const sides = dealInto([], first.images, settings);
      const dealt = first.images.flatMap((image) => {
        const part = sides.get(image.hash);
        return part === undefined ? [] : [{ ...image, part }];
      });
      const fresh = after.map(imageOf);
      const later = dealInto(dealt, fresh, settings);
      for (const hash of later.keys()) expect(sides.has(hash)).toBe(false);
      const labels = new Map<string, Set<number>>();
      for (const { hash, label } of [...dealt, ...fresh])
        labels.set(hash, (labels.get(hash) ?? new Set()).add(label));
      const sideOfGroup = new Map<string, Part>();
      for (const { hash, group } of fresh) {
        const isInDoubt = (labels.get(hash)?.size ?? 0) > 1;
        expect(later.has(hash) || (sides.has(hash) && !isInDoubt)).toBe(!isInDoubt);
        const side = later.get(hash);
        if (group === undefined || side === undefined) continue;
        expect(sideOfGroup.get(group) ?? side).toBe(side);
        sideOfGroup.set(group, side);
      }
    }),
  );
});

test("what belongs to a content that was there goes to its side, also when that comes again with a group", () => {
  const dealt = dealtOf("validation", [{ label: 0, content: "held" }]);
  const fresh = [
    { label: 0, content: "held", group: "burst" },
    { label: 0, content: "burst 2", group: "burst" },
  ];
  const sides = dealInto([...dealt, ...dealtOf("train", many(8, 0, "a"))], fresh.map(imageOf), SETTINGS);
  expect(Object.fromEntries(sides)).toEqual({ [hashOf("burst 2")]: "validation" });
});

test("a picture that is nearly equal to one goes to its side, with its whole group", () => {
  const dealt = [
    ...dealtOf("train", many(8, 0, "a")),
    ...dealtOf("validation", [{ label: 0, content: "held", look: "one scene" }]),
    ...dealtOf("test", [{ label: 0, content: "kept", group: "clip" }]),
  ];
  const sides = dealInto(
    dealt,
    [
      { label: 0, content: "again", look: "one scene", group: "burst" },
      { label: 0, content: "burst 2", group: "burst" },
      { label: 0, content: "frame", group: "clip" },
    ].map(imageOf),
    SETTINGS,
  );
  expect(Object.fromEntries(sides)).toEqual({
    [hashOf("again")]: "validation",
    [hashOf("burst 2")]: "validation",
    [hashOf("frame")]: "test",
  });
});

test("a group holds more than a look, and of two equal sides the learned one is taken", () => {
  const dealt = [
    ...dealtOf("train", [
      { label: 0, content: "1", group: "g" },
      { label: 0, content: "2", look: "seen" },
    ]),
    ...dealtOf("validation", [
      { label: 0, content: "3", group: "h" },
      { label: 0, content: "4", look: "scene" },
    ]),
  ];
  const sideOf = (...specsOfUnit: readonly ImageSpec[]) =>
    new Set(dealInto(dealt, specsOfUnit.map(imageOf), SETTINGS).values());
  expect(sideOf({ label: 0, content: "n", group: "h", look: "seen" })).toEqual(new Set(["validation"]));
  const both = [
    { label: 0, content: "n", group: "h" },
    { label: 0, content: "m", group: "g" },
    { label: 0, content: "n", group: "g" },
  ];
  expect(sideOf(...both)).toEqual(new Set(["train"]));
});

test("new pictures bring every class nearest to its share, without regard to how many came before", () => {
  const dealt = [
    ...dealtOf("train", [...many(10, 0, "a"), ...many(4, 1, "b")]),
    ...dealtOf("validation", many(6, 1, "held b")),
  ];
  const sides = dealInto(dealt, [...many(10, 0, "new a"), ...many(10, 1, "new b")].map(imageOf), SETTINGS);
  const count = (name: string, part: Part) =>
    many(10, 0, name).filter(({ content }) => sides.get(hashOf(content)) === part).length;
  // 20 of a: 4 are wanted and none was held back; 20 of b: 4 are wanted and 6 were
  expect([count("new a", "validation"), count("new b", "validation")]).toEqual([4, 0]);
});

test("a first picture of a new class is learned from, a second one is held back", () => {
  const dealt = dealtOf("train", many(4, 0, "a"));
  const first = dealInto(dealt, [imageOf({ label: 1, content: "one" })], SETTINGS);
  expect([...first.values()]).toEqual(["train"]);
  const second = dealInto(
    [...dealt, ...dealtOf("train", [{ label: 1, content: "one" }])],
    [imageOf({ label: 1, content: "two" })],
    SETTINGS,
  );
  expect([...second.values()]).toEqual(["validation"]);
});

test("what is left out binds what belongs to it, but counts for no share and is no second label", () => {
  const out = dealtOf("validation", [...many(4, 0, "gone"), { label: 1, content: "same" }]);
  const dealt = [...dealtOf("train", many(15, 0, "a")), ...out.map((image) => ({ ...image, isOut: true }))];
  const fresh = [
    ...many(5, 0, "b"),
    { label: 0, content: "again", look: "gone 1" },
    { label: 0, content: "same" },
  ];
  const sides = dealInto(dealt, fresh.map(imageOf), SETTINGS);
  expect(sides.get(hashOf("again"))).toBe("validation");
  // 21 count: 4 are wanted, of which one is bound
  const held = many(5, 0, "b").filter(({ content }) => sides.get(hashOf(content)) === "validation");
  expect(held).toHaveLength(3);
  // its content has a side already
  expect(sides.has(hashOf("same"))).toBe(false);
});

test("a content that lies under another label by now stays without a side until one of them is gone", () => {
  const dealt = dealtOf("train", many(4, 0, "a"));
  const twin = [{ label: 1, content: "a 0" }].map(imageOf);
  expect(dealInto(dealt, twin, SETTINGS)).toEqual(new Map());
  const decided = [{ label: 0, content: "both" }].map(imageOf);
  expect(dealInto(dealt, decided, SETTINGS).size).toBe(1);
});
