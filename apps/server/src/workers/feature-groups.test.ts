import { createMemoryFeatureStore, DECODER_VERSION, type FeatureSpace } from "@graft/core";
import { describe, expect, it } from "vitest";
import { groupNames, markedFeatures, markedSpace, OWN_MARKS, spaceMarks } from "./feature-groups.ts";

const [SAME, OTHER] = ["a".repeat(64), "b".repeat(64)];
const OWN = { "onnx:cpu": SAME, "tfjs:wasm": SAME };
const KEY = { hash: "c".repeat(64), variant: 0 };

const spaceOf = (backend: string): FeatureSpace => ({
  ...{ decoder: DECODER_VERSION, rule: { version: 1, size: 75, fit: "stretch", resize: "bilinear" } },
  ...{ weights: "", inputRange: [0, 1], cut: "mixed0", pool: "avg", augmentation: null },
  ...{ cacheType: "float32", backend, engineVersion: "1" },
});

describe("a worker's features", () => {
  const marks = spaceMarks({ proofs: { "onnx:cpu": SAME, "tfjs:wasm": OTHER }, own: OWN, worker: "w" });

  it("are the server's own where it proved to compute the same, and its own elsewhere", async () => {
    const home = createMemoryFeatureStore();
    const seen = markedFeatures(home, marks);
    for (const [backend, isHome] of [
      ["onnx:cpu", true],
      ["tfjs:wasm", false],
      ["onnx:cuda", false],
      ["constructor", false],
    ] as const) {
      const space = spaceOf(backend);
      await home.putMany(space, [{ key: KEY, row: Float32Array.of(1) }]);
      expect(await seen.hasMany(space, [KEY])).toEqual([isHome]);
      await seen.putMany(space, [{ key: KEY, row: Float32Array.of(2) }]);
      expect(await home.getMany(space, [KEY])).toEqual([Float32Array.of(isHome ? 2 : 1)]);
      expect(await seen.getMany(space, [KEY])).toEqual([Float32Array.of(2)]);
      // where others find it
      expect(await home.getMany(markedSpace(space, marks), [KEY])).toEqual([Float32Array.of(2)]);
    }
  });

  it("are shared with workers that proved the same, but for those that proved nothing", async () => {
    const home = createMemoryFeatureStore();
    const ofWorker = (worker: string, proofs = {}) =>
      markedFeatures(home, spaceMarks({ proofs, own: OWN, worker }));
    const space = spaceOf("onnx:cpu");
    const row = Float32Array.of(3);
    await ofWorker("v", { "onnx:cpu": OTHER }).putMany(space, [{ key: KEY, row }]);
    await ofWorker("v").putMany(space, [{ key: KEY, row: Float32Array.of(4) }]);
    expect(await ofWorker("w", { "onnx:cpu": OTHER }).getMany(space, [KEY])).toEqual([row]);
    expect(await ofWorker("w").hasMany(space, [KEY])).toEqual([false]);
    expect(await home.hasMany(space, [KEY])).toEqual([false]);
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
