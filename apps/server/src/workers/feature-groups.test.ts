import { DECODER_VERSION, type FeatureSpace } from "@graft/core";
import { describe, expect, it } from "vitest";
import { groupNames, markedSpace, OWN_MARKS, spaceMarks } from "./feature-groups.ts";

const [SAME, OTHER] = ["a".repeat(64), "b".repeat(64)];
const OWN = { "onnx:cpu": SAME, "tfjs:wasm": SAME };

const spaceOf = (backend: string): FeatureSpace => ({
  ...{ decoder: DECODER_VERSION, rule: { version: 1, size: 75, fit: "stretch", resize: "bilinear" } },
  ...{ weights: "", inputRange: [0, 1], cut: "mixed0", pool: "avg", augmentation: null },
  ...{ cacheType: "float32", backend, engineVersion: "1" },
});

describe("a worker's features", () => {
  const marks = spaceMarks({ proofs: { "onnx:cpu": SAME, "tfjs:wasm": OTHER }, own: OWN, worker: "w" });

  it("are the server's own where it proved to compute the same, and its own elsewhere", () => {
    for (const [backend, isHome] of [
      ["onnx:cpu", true],
      ["tfjs:wasm", false],
      ["onnx:cuda", false],
      ["constructor", false],
    ] as const) {
      const space = spaceOf(backend);
      const { engineVersion, ...marked } = markedSpace(space, marks);
      const { engineVersion: own, ...rest } = space;
      expect(marked).toEqual(rest);
      expect(engineVersion === own).toBe(isHome);
    }
  });

  it("are shared with workers that proved the same, but for those that proved nothing", () => {
    const space = spaceOf("onnx:cpu");
    const ofWorker = (worker: string, proofs = {}) =>
      markedSpace(space, spaceMarks({ proofs, own: OWN, worker }));
    const proved = ofWorker("v", { "onnx:cpu": OTHER });
    expect(ofWorker("w", { "onnx:cpu": OTHER })).toEqual(proved);
    const spaces = [space, proved, ofWorker("v"), ofWorker("w")].map(({ engineVersion }) => engineVersion);
    expect(new Set(spaces).size).toBe(4);
  });

  it("are named in the queue by backend, cache and proof", () => {
    expect(groupNames(["onnx:cpu", "tfjs:wasm"], OWN_MARKS, "here")).toEqual([
      "onnx:cpu@here",
      "tfjs:wasm@here",
    ]);
    expect(groupNames(["onnx:cpu", "tfjs:wasm", "x"], marks, "here")).toEqual([
      ...["onnx:cpu@here", `tfjs:wasm@here/${OTHER.slice(0, 16)}`, "x@here/unproven w"],
    ]);
  });
});
