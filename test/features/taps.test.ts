import { createRandom, featureShape, tappedTrunk, trunkGraph } from "@graft/core";
import { expect, it } from "vitest";
import { TEST_BACKENDS } from "../backends.ts";
import { realWeights } from "../export/real-weights.ts";
import { describeOn } from "../open-or-skip.ts";

const [BATCH, SIZE] = [4, 75];
const TAPS = {
  stem: { layer: "max_pooling2d_2", pool: "none" },
  early: { layer: "mixed2", pool: "none" },
  middle: { layer: "mixed5", pool: "avg" },
  inside: { layer: "conv2d_56", pool: "none" },
  cut: { layer: "mixed7", pool: "avg" },
} as const;

for (const candidate of TEST_BACKENDS.filter(({ id }) => id === "onnx:cpu")) {
  await describeOn(candidate, (backend) => {
    it("one pass gives each layer's features bit for bit as a trunk of its own: they share a key", async () => {
      const weights = await realWeights();
      const random = createRandom("taps");
      const data = Uint8Array.from({ length: BATCH * SIZE * SIZE * 3 }, () => random() * 256);
      const images = { shape: [BATCH, SIZE, SIZE, 3], data };
      const together = await backend.compile(tappedTrunk(weights, { taps: TAPS, size: SIZE }));
      const outputs = await together.run({ images });
      together.dispose();
      for (const [name, { layer, pool }] of Object.entries(TAPS)) {
        const alone = await backend.compile(trunkGraph(weights, { cut: layer, size: SIZE, pool }));
        const { features } = await alone.run({ images });
        alone.dispose();
        const shape = featureShape(layer, SIZE);
        expect(features?.shape).toEqual([BATCH, ...(pool === "avg" ? shape.slice(-1) : shape)]);
        expect(outputs[name], name).toEqual(features);
      }
    });
  });
}
