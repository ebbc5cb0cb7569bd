import { expect, test } from "vitest";
import { describeDataset } from "./report.ts";
import { drawSplit } from "./split.ts";
import { datasetOf, type ImageSpec } from "./testing.ts";

const SETTINGS = { seed: 1, fraction: 0.2 };
const many = (label: number, count: number, part?: "train" | "validation"): ImageSpec[] =>
  Array.from({ length: count }, (_, at) => ({
    label,
    content: `${label} ${part ?? ""} ${at}`,
    ...(part === undefined ? {} : { part }),
  }));

test("counts classes, parts, sizes and formats", () => {
  const dataset = datasetOf([...many(0, 40), ...many(1, 20)]);
  const report = describeDataset(dataset, drawSplit(dataset, SETTINGS));
  expect(report).toMatchObject({
    images: 60,
    unique: 60,
    bytes: 6000,
    presplit: false,
    classes: [
      { label: "label0", images: 40, unique: 40, train: 32, validation: 8, test: 0 },
      { label: "label1", images: 20, unique: 20, train: 16, validation: 4, test: 0 },
    ],
    width: { min: 40, median: 40, max: 40 },
    height: { min: 30, median: 30, max: 30 },
    formats: { png: 60 },
    imbalance: { ratio: 2, largest: "label0", smallest: "label1" },
    split: { kind: "drawn", seed: 1, fraction: 0.2, train: 48, validation: 12, test: 0 },
    exactDuplicates: [],
    nearDuplicates: [],
    conflicts: [],
    acrossParts: [],
    warnings: [],
  });
});

test("names equal files, look-alikes and one picture under two labels", () => {
  const dataset = datasetOf([
    ...many(0, 20),
    ...many(1, 20),
    { label: 0, content: "twin", path: "a/1.png" },
    { label: 0, content: "twin", path: "a/2.png" },
    { label: 1, content: "x", look: "x", path: "b/x.png" },
    { label: 1, content: "x small", look: "x", path: "b/x-small.png" },
    { label: 0, content: "both", path: "a/both.png" },
    { label: 1, content: "both", path: "b/both.png" },
  ]);
  const report = describeDataset(dataset, drawSplit(dataset, SETTINGS));
  expect(report.exactDuplicates).toEqual([
    ["a/1.png", "a/2.png"],
    ["a/both.png", "b/both.png"],
  ]);
  expect(report.nearDuplicates).toEqual([["b/x.png", "b/x-small.png"]]);
  expect(report.conflicts).toEqual([
    { by: "content", paths: ["a/both.png", "b/both.png"], labels: ["label0", "label1"] },
  ]);
  expect(report.warnings).toEqual([
    { code: "two-labels", message: "1 image has two labels and is left out: a/both.png = b/both.png" },
  ]);
});

test("names pictures that lie in train and validation, by content and by look", () => {
  const dataset = datasetOf([
    ...many(0, 20, "train"),
    ...many(1, 20, "train"),
    ...many(0, 20, "validation"),
    ...many(1, 20, "validation"),
    { label: 0, content: "c", part: "train", path: "train/c.png" },
    { label: 0, content: "c", part: "validation", path: "val/c.png" },
    { label: 0, content: "d", look: "d", part: "train", path: "train/d.png" },
    { label: 0, content: "d small", look: "d", part: "validation", path: "val/d.png" },
  ]);
  const report = describeDataset(dataset, drawSplit(dataset, SETTINGS));
  expect(report.acrossParts).toEqual([
    {
      by: "content",
      paths: ["train/c.png", "val/c.png"],
      labels: ["label0", "label0"],
      parts: ["train", "validation"],
    },
    {
      by: "look",
      paths: ["train/d.png", "val/d.png"],
      labels: ["label0", "label0"],
      parts: ["train", "validation"],
    },
  ]);
  expect(report.warnings.map(({ code }) => code)).toEqual(["duplicates-across-parts"]);
  expect(report.warnings[0]?.message).toContain("2 images");
});

test("warns of few images, of a ratio of three or more, of classes without validation and of broken files", () => {
  const dataset = {
    ...datasetOf([...many(0, 12, "train"), ...many(1, 4, "train"), ...many(0, 3, "validation")]),
    broken: [{ path: "a/x.jpg", code: "corrupt", reason: "cut off" }],
  };
  const report = describeDataset(dataset, drawSplit(dataset, SETTINGS));
  expect(report.warnings.map(({ code }) => code)).toEqual([
    "broken-files",
    "one-sided-class",
    "few-images",
    "imbalance",
  ]);
  expect(report.imbalance.ratio).toBe(15 / 4);
});

test("a data set without a possible split is told of all the same", () => {
  const same = [0, 1].flatMap((label) =>
    Array.from({ length: 20 }, (_, at) => ({ label, content: `${at}` })),
  );
  const report = describeDataset(datasetOf(same), null);
  expect(report).toMatchObject({ images: 40, unique: 20, split: null, conflicts: { length: 20 } });
  expect(report.classes[0]).toMatchObject({ images: 20, train: 0, validation: 0 });
  expect(report.warnings.map(({ code }) => code)).toEqual(["two-labels"]);
});

test("is plain JSON", () => {
  const dataset = datasetOf([...many(0, 20), ...many(1, 20)]);
  const report = describeDataset(dataset, drawSplit(dataset, SETTINGS));
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});
