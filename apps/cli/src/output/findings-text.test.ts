import { assessPredictions } from "@graft/core";
import { describe, expect, it } from "vitest";
import { findingsText, trustText } from "./findings-text.ts";

const doubt = (path: string) => ({ path, truth: "cats", said: "dogs", score: 0.9 });
const compared = { rule: "neighbours", threshold: 0.4, usual: 0.99, compared: 30, of: 9 } as const;
const none = { labelErrors: [], nearDuplicates: [], unlike: { ...compared, pictures: [] } };

function assessment(images: number, rightUpTo: number, precisionTarget: number) {
  const truth = Array.from({ length: images }, (_, i) => i % 2);
  const predictions = truth.map((label, i) => {
    const said = i < rightUpTo ? label : 1 - label;
    const score = 0.99 - i / (4 * images);
    return {
      label: said,
      score,
      probabilities: Float32Array.from([0, 1], (c) => (c === said ? score : 1 - score)),
    };
  });
  const hashes = truth.map((_, i) => String(i).padStart(4, "0"));
  return assessPredictions({ numClasses: 2, truth, predictions, hashes, precisionTarget });
}

describe("trustText", () => {
  it("says in three lines that fit a terminal how far to trust the numbers and the answers", () => {
    const lines = trustText(assessment(100, 90, 0.95)).split("\n");
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    expect(lines[0]).toMatch(/^accuracy is 82\.6 % to 94\.5 % \(95 %\), ROC-AUC 0\.\d{3}$/);
    expect(lines[1]).toMatch(/^calibration error \d+\.\d %, \d+\.\d % at temperature \d\.\d\d$/);
    expect(lines[2]).toMatch(/^"not sure" below \d\d\.\d %: 95\.7 % right, 94\.0 % answered$/);
  });

  it("says when no threshold is enough, and nothing of a temperature for a handful of images", () => {
    const lines = trustText(assessment(10, 0, 0.9)).split("\n");
    expect(lines[1]).toMatch(/^calibration error \d+\.\d %$/);
    expect(lines[2]).toBe("no threshold makes 90.0 % of answers right; the best 0.0 %");
  });
});

describe("findingsText", () => {
  it("is nothing when nothing was found, or nothing could be compared", () => {
    expect(findingsText(none)).toBe("");
    expect(findingsText({ ...none, unlike: { reason: "Not known." } })).toBe("");
  });

  it("names the first of each list and says how many more there are", () => {
    const text = findingsText({
      ...none,
      labelErrors: ["a", "b", "c", "d", "e"].map((name) => doubt(`${name}.jpg`)),
      unlike: { ...compared, pictures: [{ path: "x.jpg", said: "cats", distance: 0.5 }] },
      nearDuplicates: [
        {
          ...{ by: "look", across: true },
          images: [
            { path: "train/1.jpg", label: "cats", part: "train" },
            { path: "validation/1.jpg", label: "cats", part: "validation" },
          ],
        },
      ],
    });
    expect(text.split("\n")).toEqual([
      "Labels to check:",
      "image  is    perhaps    sure",
      "a.jpg  cats  dogs     90.0 %",
      "b.jpg  cats  dogs     90.0 %",
      "c.jpg  cats  dogs     90.0 %",
      "and 2 more",
      "",
      "Nothing like the training pictures (distance):",
      "x.jpg  0.500",
      "",
      "The same file twice, or look-alikes:",
      "train/1.jpg = validation/1.jpg  across the split",
    ]);
  });
});
