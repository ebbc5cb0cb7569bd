import { expect, it } from "vitest";
import { checkLabels } from "./export-facts.ts";

const MODEL = { labels: ["10", "2"] };

it.each([
  ["none", undefined],
  ["another order", ["2", "10"]],
  ["fewer", ["10"]],
  ["more", ["10", "2", "3"]],
  ["numbers", [10, 2]],
])("refuses a written file that carries %s", (_, found) => {
  expect(() => checkLabels(found, MODEL, "Keras file")).toThrow(
    /The Keras file that was written carries other labels than the model.*Expected: \["10","2"\]/,
  );
});

it("takes one that carries the model's", () => {
  checkLabels(["10", "2"], MODEL, "Keras file");
});
