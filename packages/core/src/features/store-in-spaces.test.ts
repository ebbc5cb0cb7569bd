import { expect, it } from "vitest";
import { DECODER_VERSION } from "../image/decoder-version.ts";
import { createMemoryFeatureStore } from "./memory-store.ts";
import { storeInSpaces } from "./store-in-spaces.ts";
import type { FeatureSpace } from "./types.ts";

const SPACE: FeatureSpace = {
  ...{ decoder: DECODER_VERSION, rule: { version: 1, size: 75, fit: "stretch", resize: "bilinear" } },
  ...{ weights: "", inputRange: [0, 1], cut: "mixed0", pool: "avg", augmentation: null },
  ...{ cacheType: "float32", backend: "onnx:cpu", engineVersion: "1" },
};
const MARKED: FeatureSpace = { ...SPACE, engineVersion: "1 (marked)" };
const KEY = { hash: "c".repeat(64), variant: 0 };

it("writes and reads where the other spaces are, and holds them there", async () => {
  const leased: string[] = [];
  const home = {
    ...createMemoryFeatureStore(),
    lease: async ({ engineVersion }: FeatureSpace) => {
      leased.push(engineVersion);
      return { [Symbol.asyncDispose]: async () => undefined };
    },
  };
  const seen = storeInSpaces(home, (space) => ({
    ...space,
    engineVersion: `${space.engineVersion} (marked)`,
  }));
  await home.putMany(SPACE, [{ key: KEY, row: Float32Array.of(1) }]);
  expect(await seen.hasMany(SPACE, [KEY])).toEqual([false]);
  await seen.putMany(SPACE, [{ key: KEY, row: Float32Array.of(2) }]);
  expect(await seen.getMany(SPACE, [KEY])).toEqual([Float32Array.of(2)]);
  expect(await home.getMany(MARKED, [KEY])).toEqual([Float32Array.of(2)]);
  expect(await home.getMany(SPACE, [KEY])).toEqual([Float32Array.of(1)]);
  await seen.lease(SPACE);
  expect(leased).toEqual([MARKED.engineVersion]);
});
