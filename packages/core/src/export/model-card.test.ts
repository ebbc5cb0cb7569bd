import { describe, expect, it } from "vitest";
import { parseTrainConfig } from "../config/parse-config.ts";
import type { Model } from "../model/types.ts";
import { modelCard } from "./model-card.ts";
import { scaleFormula } from "./tfjs-snippet.ts";

const MANIFEST: Model["manifest"] = {
  labels: ["cat", "dog"],
  head: { recipe: "gap", numClasses: 2, activation: "softmax", units: 2, hidden: 0, dropout: 0.2 },
  cut: "mixed7",
  rule: { version: 1, size: 150, fit: "stretch", resize: "bilinear" },
  weights: { source: "bundled", origin: "nsfwjs 4.4.0", sha256: "0".repeat(64), inputRange: [0, 1] },
  config: parseTrainConfig({}),
  metrics: { loss: 0.1, accuracy: 0.98, valLoss: 0.3, valAccuracy: 0.9 },
  run: "run-1",
  splitHash: "1".repeat(64),
  images: { train: 160, validation: 40, test: 0 },
  trainedOn: ["2".repeat(64)],
  backend: "onnx:cpu",
  versions: { graft: "0.1.0" },
  createdAt: "2026-01-01T00:00:00.000Z",
};

describe("modelCard", () => {
  it("says how good the model is, on how many pictures, and how far that can be trusted", () => {
    const card = modelCard(MANIFEST);
    expect(card).toContain("**90.0 %** of the 40 pictures that were kept out of the training");
    // Wilson's interval for 36 of 40
    expect(card).toContain("between 76.9 % and 96.0 %");
    expect(card).toContain("a little too good");
    expect(card).toContain("160 for training, 40 for validation, 0 for testing");
  });

  it("says where the model is not sure, when that was decided, and its program too", () => {
    expect(modelCard(MANIFEST)).not.toContain("not sure");
    const card = modelCard({ ...MANIFEST, notSureBelow: 0.7 });
    expect(card).toContain('a probability of at least 0.7, it says "not sure" instead');
    expect(card).toContain('if (Math.max(...output) < 0.7) console.log("not sure");');
  });

  it("tells of a head trained behind an int8 trunk how good it is behind this model's own", () => {
    const card = modelCard({ ...MANIFEST, metrics: { ...MANIFEST.metrics, float32ValAccuracy: 0.875 } });
    expect(card).toContain("**87.5 %** of the 40 pictures");
    expect(card).toContain("| accuracy | not measured | 0.8750 |");
    expect(card).toContain("| accuracy, with the int8 trunk used in training | 0.9800 | 0.9000 |");
  });

  it("says what it flags and what it misses of pictures of something else, never that it finds them", () => {
    const likeness = {
      layers: ["mixed5", "mixed7"],
      directions: 64,
      threshold: 0.1105,
      keptShare: 0.95,
    } as const;
    const counts = { trainingImages: 160, heldBack: 40, foreign: { name: "emoji", images: 32, flagged: 31 } };
    const card = modelCard({ ...MANIFEST, likeness: { ...likeness, ...counts } });
    expect(card).toContain("further than 0.111");
    expect(card).toContain("about 5 in 100 ordinary pictures");
    expect(card).toContain("the 40 pictures kept out of the training");
    expect(card).toContain("Of 32 emoji");
    expect(card).toContain("It misses many");
    expect(card).toContain("`likeness.bin`: 64 directions");
    expect(card).not.toMatch(/detect/i);
    expect(modelCard(MANIFEST)).toContain("This model cannot tell when a picture shows something else");
    expect(modelCard(MANIFEST)).not.toContain("likeness.bin");
  });

  it("does not claim what was not measured", () => {
    const { images: _, ...withoutCounts } = MANIFEST;
    const card = modelCard({ ...withoutCounts, metrics: { loss: 0.1, accuracy: 0.98 } });
    expect(card).toContain("nobody knows how good it is on new ones");
    expect(card).toContain("| accuracy | 0.9800 | not measured |");
    expect(card).not.toContain("confidence");
    expect(modelCard(withoutCounts)).toContain("**90.0 %** of the pictures that were kept out");
  });

  it.each([
    ["bundled", "nsfwjs 4.4.0 (MIT licence)"],
    ["imagenet", "Apache 2.0"],
    ["file", "its makers' licence applies"],
    ["url", "its makers' licence applies"],
  ] as const)("names the licence of %s weights", (source, words) => {
    expect(modelCard({ ...MANIFEST, weights: { ...MANIFEST.weights, source } })).toContain(words);
  });

  it("shows class names as they are, whatever Markdown makes of them", () => {
    const card = modelCard({ ...MANIFEST, labels: ["a|b", "<img> *c*\n# d"] });
    expect(card).toContain("# a\\|b, \\<img\\> \\*c\\* \\# d:");
  });

  it("says what a single column is the probability of, and that exports have one a class", () => {
    const head = { ...MANIFEST.head, recipe: "classic", activation: "sigmoid", units: 1 } as const;
    const card = modelCard({ ...MANIFEST, head });
    expect(card).toContain("has one column: the probability of dog; that of cat is 1 minus it.");
    expect(card).toContain("--columns 1");
    expect(modelCard(MANIFEST)).toContain("has 2 columns, one for each class: cat, dog.");
    expect(modelCard(MANIFEST)).not.toContain("--columns");
  });

  it("counts the classes in the title when there are many", () => {
    const labels = ["a", "b", "c", "d", "e", "f"];
    expect(modelCard({ ...MANIFEST, labels })).toMatch(/^# 6 classes:/);
  });
});

describe("scaleFormula", () => {
  it.each([
    [[0, 1], "x / 255"],
    [[-1, 1], "x / 255 * 2 - 1"],
    [[0, 255], "x / 255 * 255"],
    [[0.5, 1.5], "x / 255 + 0.5"],
  ] as const)("brings 0 … 255 to %j", (range, formula) => {
    expect(scaleFormula(range)).toBe(formula);
  });
});
