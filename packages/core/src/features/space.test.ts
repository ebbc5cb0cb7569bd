import { describe, expect, it } from "vitest";
import { parseTrainConfig } from "../config/parse-config.ts";
import { DECODER_VERSION } from "../image/decoder-version.ts";
import { createReferenceBackend } from "../testing/reference-backend.ts";
import { type FeatureSpaceOptions, featureSpace, featureSpaceId, featureSpaceSchema } from "./space.ts";

const { augment } = parseTrainConfig({ augment: {} });
const backend = createReferenceBackend();
const PLAIN: FeatureSpaceOptions = {
  decoder: DECODER_VERSION,
  rule: { version: 1, size: 150, fit: "stretch", resize: "bilinear" },
  weights: { source: "bundled", origin: "", sha256: "a".repeat(64), inputRange: [0, 1] },
  ...{ cut: "mixed7", pool: "avg", augmentation: null, cacheType: "float32", backend },
};
const idOf = (options: FeatureSpaceOptions): Promise<string> => featureSpaceId(featureSpace(options));

describe("features of two spaces are kept apart when they differ in", () => {
  it.each<[string, Partial<FeatureSpaceOptions>]>([
    ["the decoder", { decoder: "canvas-1" }],
    ["the size of the image", { rule: { ...PLAIN.rule, size: 151 } }],
    ["the fit", { rule: { ...PLAIN.rule, fit: "crop" } }],
    ["the resize filter", { rule: { ...PLAIN.rule, resize: "nearest" } }],
    ["the weights", { weights: { ...PLAIN.weights, sha256: "b".repeat(64) } }],
    ["the range of pixels", { weights: { ...PLAIN.weights, inputRange: [-1, 1] } }],
    ["the cut", { cut: "mixed6" }],
    ["the pooling", { pool: "none" }],
    ["having an augmentation", { augmentation: augment }],
    ["what they are stored as", { cacheType: "float16" }],
    ["the engine", { backend: { id: "other", device: backend.device } }],
    [
      "the engine's version",
      { backend: { id: backend.id, device: { ...backend.device, engineVersion: "0" } } },
    ],
  ])("%s", async (_, change) => {
    expect(await idOf({ ...PLAIN, ...change })).not.toBe(await idOf(PLAIN));
  });

  it("one number of the augmentation", async () => {
    if (!augment) throw new TypeError("an augmentation was asked for");
    const other = { ...augment, rotation: augment.rotation + 1 };
    expect(await idOf({ ...PLAIN, augmentation: other })).not.toBe(
      await idOf({ ...PLAIN, augmentation: augment }),
    );
  });

  it("the decoder, which is written down: what an older one left is not read as of this one", () => {
    const { decoder, ...rest } = featureSpace(PLAIN);
    expect(featureSpaceSchema.safeParse({ ...rest, decoder }).success).toBe(true);
    expect(featureSpaceSchema.safeParse({ ...rest, decoder: "canvas-1" }).success).toBe(true);
    expect(featureSpaceSchema.safeParse({ ...rest, decoder: DECODER_VERSION - 1 }).success).toBe(false);
    expect(featureSpaceSchema.safeParse(rest).success).toBe(false);
  });

  it("keeps the names that caches have had since sharp was the only decoder", async () => {
    const space = featureSpace({
      ...PLAIN,
      backend: { id: "onnx:cpu", device: { ...backend.device, engineVersion: "1" } },
    });
    expect(space.decoder).toBe(3);
    expect(await featureSpaceId(space)).toBe(
      "432b511aa0d81231c46ea09578293a4facd87737f9ebf7c7c5f7a8bca47ed759",
    );
  });

  it("nothing else: a label of the weights' origin, or the file it was read from again, changes no key", async () => {
    const renamed = { ...PLAIN.weights, origin: "elsewhere" };
    expect(await idOf({ ...PLAIN, weights: renamed })).toBe(await idOf(PLAIN));
    const stored: unknown = JSON.parse(JSON.stringify(featureSpace(PLAIN)));
    expect(await featureSpaceId(featureSpaceSchema.parse(stored))).toBe(await idOf(PLAIN));
  });
});
