import fc from "fast-check";
import { expect, test } from "vitest";
import { datasetWarnings } from "./dataset-warnings.ts";
import { drawSplit, parseSplit, splitHash } from "./split.ts";
import { datasetOf, type ImageSpec, imageOf } from "./testing.ts";

/** Labels 0 to 2 in any number; contents that repeat within a label, groups and looks that several images share. */
const specs = fc
  .array(
    fc.record({
      label: fc.nat(2),
      content: fc.nat(60),
      group: fc.option(fc.nat(8), { nil: undefined }),
      look: fc.option(fc.nat(8), { nil: undefined }),
    }),
    { minLength: 10, maxLength: 120 },
  )
  .map((drawn): ImageSpec[] => [
    // every label has an image of its own, and a content has one label
    ...[0, 1, 2].map((label) => ({ label, content: `own ${label}` })),
    ...drawn.map(({ label, content, group, look }) => ({
      label,
      content: `${label} ${content}`,
      ...(group === undefined ? {} : { group: `g${group}` }),
      ...(look === undefined ? {} : { look: `look ${look}` }),
    })),
  ]);
const options = fc.record({ seed: fc.nat(1000), fraction: fc.double({ min: 0.05, max: 0.6, noNaN: true }) });

test("a drawn split is disjoint, complete and counts equal files once", () => {
  fc.assert(
    fc.property(specs, options, (images, settings) => {
      const dataset = datasetOf(images);
      const { train, validation, test: rest, kind } = drawSplit(dataset, settings);
      expect([kind, rest]).toEqual(["drawn", []]);
      const all = [...train, ...validation];
      expect(new Set(all).size).toBe(all.length);
      expect(new Set(all)).toEqual(new Set(dataset.images.map(({ hash }) => hash)));
    }),
  );
});

test("a drawn test part is apart from both others, groups whole, and leaves every class to train on", () => {
  fc.assert(
    fc.property(specs, options, (images, settings) => {
      const dataset = datasetOf(images);
      const split = drawSplit(dataset, { ...settings, testFraction: 0.2 });
      const parts = [split.train, split.validation, split.test];
      const all = parts.flat();
      expect(new Set(all).size).toBe(all.length);
      expect(new Set(all)).toEqual(new Set(dataset.images.map(({ hash }) => hash)));
      const partOf = (hash: string): number => parts.findIndex((part) => part.includes(hash));
      const groups = new Map<string, number>();
      for (const { group, hash } of dataset.images) {
        if (group === undefined) continue;
        expect(groups.get(group) ?? partOf(hash)).toBe(partOf(hash));
        groups.set(group, partOf(hash));
      }
      const trained = dataset.images.filter(({ hash }) => partOf(hash) === 0);
      expect(new Set(trained.map(({ label }) => label)).size).toBe(3);
    }),
  );
});

test("images of one group stay on one side, and every class is in train", () => {
  fc.assert(
    fc.property(specs, options, (images, settings) => {
      const dataset = datasetOf(images);
      const held = new Set(drawSplit(dataset, settings).validation);
      const sides = new Map<string, boolean>();
      for (const { group, hash } of dataset.images) {
        if (group === undefined) continue;
        expect(sides.get(group) ?? held.has(hash)).toBe(held.has(hash));
        sides.set(group, held.has(hash));
      }
      const trained = new Set(dataset.images.filter(({ hash }) => !held.has(hash)).map(({ label }) => label));
      expect(trained.size).toBe(3);
    }),
  );
});

test("images that look alike stay on one side while that leaves every class in validation", () => {
  fc.assert(
    fc.property(specs, options, (images, settings) => {
      const dataset = datasetOf(images.map(({ group: _, ...spec }) => spec));
      const split = drawSplit(dataset, settings);
      const codes = datasetWarnings(dataset, split).map(({ code }) => code);
      if (codes.includes("look-alikes-apart")) return;
      const held = new Set(split.validation);
      const sides = new Map<string, boolean>();
      for (const { facts, hash } of dataset.images) {
        expect(sides.get(facts.perceptualHash) ?? held.has(hash)).toBe(held.has(hash));
        sides.set(facts.perceptualHash, held.has(hash));
      }
    }),
  );
});

test("without groups every class holds out its share to the image, at least one and never all", () => {
  const sizes = fc.array(fc.integer({ min: 2, max: 60 }), { minLength: 2, maxLength: 5 });
  fc.assert(
    fc.property(sizes, options, (counts, settings) => {
      const images = counts.flatMap((count, label) =>
        Array.from({ length: count }, (_, at) => ({ label, content: `${label} ${at}` })),
      );
      const dataset = datasetOf(images);
      const held = new Set(drawSplit(dataset, settings).validation);
      for (const [label, count] of counts.entries()) {
        const share = dataset.images.filter((image) => image.label === label && held.has(image.hash)).length;
        expect(share).toBe(Math.min(count - 1, Math.max(1, Math.round(count * settings.fraction))));
      }
    }),
  );
});

test("the same contents and seed give the same split, whatever the files are called and however they are sorted", () => {
  fc.assert(
    fc.property(specs, options, (images, settings) => {
      const renamed = images.toReversed().map((spec, at) => ({ ...spec, path: `other/${at}` }));
      expect(drawSplit(datasetOf(renamed), settings)).toEqual(drawSplit(datasetOf(images), settings));
    }),
    { numRuns: 30 },
  );
});

test("the refusal of a class whose pictures all lie in another one too names a few pairs and counts them", () => {
  const twice = Array.from({ length: 9 }, (_, at) =>
    [0, 1].map((label) => ({ label, content: `${at}`, path: `class${label}/${at}.png` })),
  ).flat();
  const places = Array.from({ length: 50 }, (_, at) => ({
    label: 1,
    content: "0",
    path: `copies/${at}.png`,
  }));
  expect(() => drawSplit(datasetOf([...twice, ...places]), { seed: 1, fraction: 0.2 })).toThrow(
    /of label0, label1: 9 pictures lie under two classes.*: class0\/0.png = class1\/0.png = [^=]* = [^=]* = 48 more, class0\/1.png = class1\/1.png, .* and 6 more\. Keep each/,
  );
});

test("another seed gives another split", () => {
  const dataset = datasetOf(Array.from({ length: 60 }, (_, at) => ({ label: at % 2, content: String(at) })));
  const [one, two] = [1, 2].map((seed) => drawSplit(dataset, { seed, fraction: 0.2 }));
  expect(one?.validation).not.toEqual(two?.validation);
  expect(one?.validation).toHaveLength(12);
});

const SETTINGS = { seed: 1, fraction: 0.2 };

test("a class of a single image or group goes to train, with a warning", () => {
  const dataset = datasetOf([
    ...Array.from({ length: 30 }, (_, at) => ({ label: 0, content: String(at) })),
    ...Array.from({ length: 30 }, (_, at) => ({ label: 1, content: `b${at}`, group: "clip" })),
  ]);
  const split = drawSplit(dataset, SETTINGS);
  expect(split.validation).toHaveLength(6);
  expect(datasetWarnings(dataset, split)).toEqual([
    { code: "one-sided-class", message: expect.stringContaining("label1") },
  ]);
});

test("a class whose images all look alike is still held out, and the cut is warned of", () => {
  const dataset = datasetOf([
    ...Array.from({ length: 30 }, (_, at) => ({ label: 0, content: String(at) })),
    ...Array.from({ length: 30 }, (_, at) => ({ label: 1, content: `b${at}`, look: "one scene" })),
  ]);
  const split = drawSplit(dataset, SETTINGS);
  expect(split.validation).toHaveLength(12);
  expect(datasetWarnings(dataset, split).map(({ code }) => code)).toEqual(["look-alikes-apart"]);
});

test("a content under two labels is in no part; a class left without images by that is refused", () => {
  const images = [
    ...Array.from({ length: 10 }, (_, at) => ({ label: at % 2, content: String(at) })),
    { label: 0, content: "both" },
    { label: 1, content: "both" },
  ];
  const dataset = datasetOf(images);
  const split = drawSplit(dataset, SETTINGS);
  expect([...split.train, ...split.validation]).toHaveLength(10);
  expect(datasetWarnings(dataset, split).map(({ code }) => code)).toContain("two-labels");
  const empty = datasetOf([{ label: 0, content: "a" }, ...images.slice(-2)]);
  expect(() => drawSplit(empty, SETTINGS)).toThrow(/no training image of label1/);
});

test("given folders are kept as they are, duplicates across them too", () => {
  const dataset = datasetOf([
    { label: 0, content: "a", part: "train" },
    { label: 1, content: "b", part: "train" },
    { label: 0, content: "a", part: "validation" },
    { label: 1, content: "c", part: "test" },
  ]);
  const split = drawSplit(dataset, SETTINGS);
  const hash = (content: string) => imageOf({ label: 0, content }).hash;
  expect(split).toMatchObject({ kind: "given", validation: [hash("a")], test: [hash("c")] });
  expect(split.train).toEqual([hash("a"), hash("b")].sort());
});

test("train without validation: its share is drawn from train, test stays", () => {
  const dataset = datasetOf([
    ...Array.from({ length: 20 }, (_, at) => ({
      label: at % 2,
      content: String(at),
      part: "train" as const,
    })),
    { label: 0, content: "t", part: "test" },
  ]);
  const split = drawSplit(dataset, SETTINGS);
  expect([split.kind, split.train.length, split.validation.length, split.test.length]).toEqual([
    "drawn",
    16,
    4,
    1,
  ]);
});

test("a data set without training images and a fraction out of range are refused", () => {
  const dataset = datasetOf([
    { label: 0, content: "a", part: "validation" },
    { label: 1, content: "b", part: "validation" },
  ]);
  expect(() => drawSplit(dataset, SETTINGS)).toThrow(/no training image of/);
  for (const fraction of [0, 1, Number.NaN])
    expect(() => drawSplit(dataset, { seed: 1, fraction })).toThrow(/between/);
});

test("a stored split is read back as it was, with the same hash; anything else is corrupt", async () => {
  const dataset = datasetOf(Array.from({ length: 20 }, (_, at) => ({ label: at % 2, content: String(at) })));
  const split = drawSplit(dataset, SETTINGS);
  const read = parseSplit(JSON.parse(JSON.stringify(split)));
  expect(read).toEqual(split);
  expect(await splitHash(read)).toBe(await splitHash(split));
  expect(await splitHash(split)).toMatch(/^[0-9a-f]{64}$/);
  expect(await splitHash({ ...split, train: split.train.slice(1) })).not.toBe(await splitHash(split));
  for (const bad of [null, {}, { ...split, version: 0 }, { ...split, train: ["x"] }])
    expect(() => parseSplit(bad)).toThrow(expect.objectContaining({ code: "corrupt" }));
});

test("a stored split of a newer graft is refused by name", () => {
  const read = (): unknown => parseSplit({ version: 2, parts: [] }, "split.json");
  expect(read).toThrow(expect.objectContaining({ code: "unsupported" }));
  expect(read).toThrow(
    /split\.json was written by a newer graft.*version 2.*version 1.*Use that newer version of graft/,
  );
});
