import { createRandom, type PrepareImage, preparedBy } from "@graft/core";
import { oneByOne } from "@graft/core/testing";
import { expect, it } from "vitest";
import { TEST_BACKENDS } from "../backends.ts";
import { describeOn } from "../open-or-skip.ts";
import { countHeld } from "./count-held.ts";
import { randomTrunkWeights } from "./random-trunk.ts";
import { EVERY_STEP, makeTraining, memoryCheckpoints, runTraining } from "./training-problem.ts";

/** Images of noise whose brightness is the class's; each variant is another one. */
const prepare: PrepareImage = preparedBy(
  "drawn-1",
  async ({ hash, label }, { size }, augmentation, variants) =>
    variants.map((variant) => {
      const random = createRandom("pixels", hash, augmentation === null ? -1 : variant);
      return Uint8Array.from({ length: size * size * 3 }, () => random() * 150 + label * 100);
    }),
);

for (const candidate of TEST_BACKENDS.filter(({ id }) => id === "onnx:cpu")) {
  await describeOn(candidate, (engine) => {
    it("makes new copies each epoch online, stores none, and resumes exactly, from images to model", async () => {
      const { backend, held } = countHeld(engine);
      const stored: string[] = [];
      const given = {
        ...{ numImages: 16, prepare, weights: randomTrunkWeights("mixed0") },
        store: oneByOne({
          get: async () => undefined,
          put: async (_: unknown, { hash, variant }: { hash: string; variant: number }) => {
            stored.push(`${hash} ${variant}`);
          },
        }),
      };
      const config = { epochs: 3, batchSize: 4, augment: {}, variants: "online" } as const;
      const checkpoints = memoryCheckpoints();
      const whole = await runTraining(
        makeTraining(backend, config, { ...given, ...EVERY_STEP, checkpoints }),
      );
      expect(whole.result.status).toBe("completed");
      expect(held()).toBe(0);
      // the four validation images, as they are
      expect(new Set(stored).size).toBe(4);
      expect(stored.every((key) => key.endsWith(" 0"))).toBe(true);
      const start = memoryCheckpoints(
        checkpoints.saved.find(({ epoch, partial }) => epoch === 1 && partial === null),
      );
      const resumed = await runTraining(makeTraining(backend, config, { ...given, checkpoints: start }));
      expect(resumed.history).toEqual(whole.history.slice(1));
    });
  });
}
