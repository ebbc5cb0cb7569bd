import { expect, it } from "vitest";
import { parseTrainConfig } from "../config/parse-config.ts";
import type { Model } from "../model/types.ts";
import { checkLabels, exportTexts } from "./export-facts.ts";

const MODEL = { labels: ["10", "2"] };

it.each([
  ["none", undefined],
  ["another order", ["2", "10"]],
  ["fewer", ["10"]],
  ["more", ["10", "2", "3"]],
  ["numbers", [10, 2]],
])("refuses a written file that carries %s", (_, found) => {
  expect(() => checkLabels(found, MODEL, "Keras file")).toThrow(
    /The Keras file that was written has different labels from the model's.*Expected: \["10","2"\]/,
  );
});

it("takes one that carries the model's", () => {
  checkLabels(["10", "2"], MODEL, "Keras file");
});

it("gives every format what a model has learned of its training's likeness and where it is not sure, and none of one that has not", () => {
  const manifest: Model["manifest"] = {
    ...{ labels: ["cat", "dog"], cut: "mixed7", config: parseTrainConfig({}), run: "run", splitHash: "" },
    head: { recipe: "gap", numClasses: 2, activation: "softmax", units: 2, hidden: 0, dropout: 0 },
    rule: { version: 1, size: 150, fit: "stretch", resize: "bilinear" },
    weights: { source: "bundled", origin: "", sha256: "", inputRange: [0, 1] },
    ...{ metrics: { loss: 1, accuracy: 1 }, trainedOn: [], backend: "", versions: {}, createdAt: "" },
  };
  expect(exportTexts(manifest).has("likeness")).toBe(false);
  const likeness = { layers: ["mixed5"], directions: 9, threshold: 0.1, keptShare: 0.95 } as const;
  const whole = { ...likeness, trainingImages: 20, heldBack: 20 };
  const text = exportTexts({ ...manifest, likeness: whole }).get("likeness") ?? "";
  expect(JSON.parse(text)).toEqual(whole);
  expect(exportTexts(manifest).has("notSureBelow")).toBe(false);
  expect(exportTexts({ ...manifest, notSureBelow: 0.7 }).get("notSureBelow")).toBe("0.7");
});
