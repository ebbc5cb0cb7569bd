import { expect, it } from "vitest";
import { likenessLayers } from "./likeness-layers.ts";

it.each([
  ["mixed7", null, ["mixed5", "mixed7"]],
  ["mixed10", null, ["mixed5", "mixed7"]],
  ["mixed6", null, ["mixed5", "mixed6"]],
  ["mixed5", null, ["mixed5"]],
  ["mixed3", null, ["mixed3"]],
  // the last block below what is trained
  ["mixed7", "mixed7", ["mixed5", "mixed6"]],
  ["mixed7", "mixed6", ["mixed5"]],
  ["mixed10", "mixed9", ["mixed5", "mixed7"]],
  ["mixed7", "mixed2", ["mixed1"]],
  ["mixed7", "mixed0", []],
] as const)("cut %s, fine-tuned from %s: looks at %j", (cut, fineTune, layers) => {
  expect(likenessLayers({ cut, fineTune })).toEqual(layers);
});
