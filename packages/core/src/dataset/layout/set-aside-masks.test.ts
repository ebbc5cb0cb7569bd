import { describe, expect, test } from "vitest";
import { paths, refusal, understood } from "./testing.ts";

describe("photo and mask", () => {
  test("photos of one kind and their masks are no two classes", async () => {
    const text = await refusal(paths("images/pet_%.jpg × 24", "masks/pet_%.png × 24"));
    expect(text).toContain("images and masks hold files with the same names (24 of 24)");
  });

  test("pets: breeds in the names of the photos, trimaps left out", async () => {
    const files = paths(
      "images/Abyssinian_%.jpg × 9",
      "images/great_pyrenees_%.jpg × 9",
      "annotations/trimaps/Abyssinian_%.png × 9",
      "annotations/trimaps/great_pyrenees_%.png × 9",
      "annotations/list.txt",
    );
    expect(await understood(files)).toMatchObject({
      counts: { Abyssinian: 9, great_pyrenees: 9 },
      codes: ["masks", "labels-from-names"],
    });
  });

  test("masks in every class, and beside their photo in one folder", async () => {
    const inClasses = paths(
      "COVID/images/COVID-%.png × 5",
      "COVID/masks/COVID-%.png × 5",
      "Normal/images/Normal-%.png × 5",
      "Normal/masks/Normal-%.png × 5",
    );
    expect(await understood(inClasses)).toMatchObject({ counts: { COVID: 5, Normal: 5 }, codes: ["masks"] });
    const beside = ["benign", "malignant"].flatMap((label) =>
      paths(`${label}/${label} (%).png × 4`, `${label}/${label} (%)_mask.png × 4`),
    );
    const { counts, text } = await understood(beside);
    expect(counts).toEqual({ benign: 4, malignant: 4 });
    expect(text).toContain("8 masks are left out");
  });

  test.each([
    [
      "with_mask and without_mask",
      paths("with_mask/with_mask_%.jpg × 9", "without_mask/without_mask_%.jpg × 9"),
    ],
    ["mask and no_mask, numbered alike", paths("mask/%.jpg × 9", "no_mask/%.jpg × 9")],
    ["mask and no_mask, in other formats", paths("mask/%.jpg × 9", "no_mask/%.png × 9")],
    ["mask and nothing, numbered by a camera", paths("mask/IMG_%.jpg × 9", "face/IMG_%.jpg × 9")],
  ])("%s are classes", async (_, files) => {
    const { codes, counts } = await understood(files);
    expect([codes, Object.values(counts)]).toEqual([[], [9, 9]]);
  });
});
