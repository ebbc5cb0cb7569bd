import { describe, expect, test } from "vitest";
import { findLayout } from "./find-layout.ts";
import { listingOf, paths, refusal, understood } from "./testing.ts";

describe("a model is scored", () => {
  const score = { purpose: "score", knownLabels: ["cats", "dogs"] } as const;

  test.each([
    ["one class", paths("dogs/%.jpg × 6")],
    ["one class, with folders inside", paths("new/dogs/monday/%.jpg × 3", "new/dogs/tuesday/%.jpg × 3")],
    ["its own equal folders", paths("dogs/a/%.jpg × 3", "dogs/b/%.jpg × 3")],
  ])("on %s", async (_, files) => {
    expect(await understood(files, score)).toMatchObject({ counts: { dogs: 6 } });
  });

  test("on a folder of images that is called as a class; on one of another name it is refused", async () => {
    expect(await findLayout("photos/dogs", listingOf(paths("%.jpg × 6")), score)).toMatchObject({
      labels: ["dogs"],
    });
    expect(await refusal(paths("%.jpg × 6"), score)).toContain("set has no class folder");
  });
});

describe("ordinary data sets have no notes, or true ones", () => {
  test.each<[string, readonly string[], readonly string[]]>([
    [
      "parts",
      paths(
        "train/cats/%.jpg × 20",
        "train/dogs/%.jpg × 20",
        "validation/cats/%.jpg × 5",
        "validation/dogs/%.jpg × 5",
      ),
      [],
    ],
    [
      "cats-and-dogs as packed",
      paths(
        "x/train/cats/cat.%.jpg × 20",
        "x/train/dogs/dog.%.jpg × 20",
        "x/validation/cats/cat.%.jpg",
        "x/validation/dogs/dog.%.jpg",
        "x/vectorize.py",
      ),
      [],
    ],
    [
      "numbered classes with names beside",
      paths(
        "train/1/i%.jpg × 3",
        "train/2/i%.jpg × 3",
        "train/10/i%.jpg × 3",
        "valid/1/i%.jpg",
        "cat_to_name.json",
      ),
      [],
    ],
    [
      "Roboflow export",
      paths(
        "train/a/%_jpg.rf.0.jpg × 3",
        "train/b/%_jpg.rf.0.jpg × 3",
        "valid/a/v%.jpg",
        "valid/b/v%.jpg",
        "test/a/t%.jpg",
        "README.roboflow.txt",
      ),
      [],
    ],
    ["one photo a class", Array.from({ length: 40 }, (_, at) => `person${at}/face.jpg`), []],
    ["3,000 classes", Array.from({ length: 6000 }, (_, at) => `n${at % 3000}/${at}.jpg`), []],
    [
      "Caltech",
      paths(
        "101_ObjectCategories/ant/image_%.jpg × 3",
        "101_ObjectCategories/bass/image_%.jpg × 3",
        "Annotations/ant/a%.mat × 3",
      ),
      [],
    ],
    [
      "birds",
      paths(
        "CUB/images/001.Black/Black_%.jpg × 3",
        "CUB/images/002.Blue/Blue_%.jpg × 3",
        "CUB/parts/parts.txt",
        "CUB/classes.txt",
        "CUB/README",
      ),
      [],
    ],
    ["three levels, ImageNet's way", paths("n01/images/n01_%.JPEG × 3", "n02/images/n02_%.JPEG × 3"), []],
    [
      "handwritten digits",
      paths(...Array.from({ length: 10 }, (_, at) => `training/${at}/%.png × 3`), "testing/0/%.png"),
      [],
    ],
    [
      "places by letter",
      paths("a/airfield/%.jpg", "a/alley/%.jpg", "b/bar/%.jpg", "b/beach/%.jpg"),
      ["joined-folders"],
    ],
    [
      "a class called train, one called test",
      paths("bus/%.jpg × 3", "train/%.jpg × 3", "test/%.jpg × 3"),
      [],
    ],
    ["before and after, the same names", paths("before/x%.jpg × 9", "after/x%.jpg × 9"), []],
    ["left-over archive and table", paths("cats/%.jpg × 3", "dogs/%.jpg × 3", "pets.zip", "index.csv"), []],
  ])("%s", async (_, files, codes) => {
    expect((await understood(files)).codes).toEqual(codes);
  });
});
