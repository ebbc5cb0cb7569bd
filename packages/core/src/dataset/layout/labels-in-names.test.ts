import { describe, expect, test } from "vitest";
import { paths, refusal, understood } from "./testing.ts";

describe("labels in names", () => {
  test.each([
    ["dogs-vs-cats", paths("train/cat.%.jpg × 5", "train/dog.%.jpg × 5"), { cat: 5, dog: 5 }],
    ["loose", paths("cat (%).jpg × 5", "dog (%).jpg × 5"), { cat: 5, dog: 5 }],
    ["number first", paths("00%_cat.jpg × 3", "01%_dog.jpg × 3"), { cat: 3, dog: 3 }],
    ["no sign between", paths("x/apple%.jpg × 3", "x/pear%.jpg × 3"), { apple: 3, pear: 3 }],
  ])("%s: read, and said", async (_, files, counts) => {
    const result = await understood(files);
    expect(result.counts).toEqual(counts);
    expect(result.codes).toEqual(["labels-from-names"]);
  });

  test("flat parts keep their parts; a test without labels is left out with a line", async () => {
    const files = paths(
      "train/cat.%.jpg × 6",
      "train/dog.%.jpg × 6",
      "valid/cat.%.jpg × 2",
      "valid/dog.%.jpg × 2",
      "test/%.jpg × 4",
    );
    const { counts, codes, text } = await understood(files);
    expect(counts).toEqual({ "train/cat": 6, "train/dog": 6, "validation/cat": 2, "validation/dog": 2 });
    expect(codes).toEqual(["labels-from-names", "unlabelled-images"]);
    expect(text).toContain("4 images have no label in their names and are left out, such as test/0.jpg");
  });

  test.each([
    ["camera names", paths("train/IMG_%.jpg × 5", "train/DSC_%.jpg × 5", "valid/IMG_9%.jpg × 3")],
    ["numbers alone", paths("train/%.jpg × 5", "test/%.jpg × 5")],
    ["takes of a video", paths("clip1_%.jpg × 5", "clip2_%.jpg × 5")],
    ["parts of one set", paths("part_1/%.jpg × 5", "part_2/%.jpg × 5")],
    ["domains (trainA, trainB)", paths("trainA/%.jpg × 5", "trainB/%.jpg × 5", "testA/%.jpg", "testB/%.jpg")],
    [
      "boxes beside (YOLO)",
      paths("train/images/%.jpg × 5", "train/labels/%.txt × 5", "valid/images/%.jpg × 5"),
    ],
  ])("%s are refused, with what to type", async (_, files) => {
    const text = await refusal(files);
    expect(text).toMatch(/`labelsFrom: names`/);
    expect(text).toMatch(/Expected +Found/);
  });

  test("by hand takes what is not clear, and leaves out what has none", async () => {
    const files = paths("clip1_%.jpg × 5", "clip2_%.jpg × 5", "%.jpg × 3");
    const { counts, codes } = await understood(files, { labelsFrom: { type: "names" } });
    expect(counts).toEqual({ clip1: 5, clip2: 5 });
    expect(codes).toEqual(["unlabelled-images"]);
  });
});
