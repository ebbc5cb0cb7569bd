import {
  CoreError,
  createRandom,
  type DatasetImage,
  type PrepareImage,
  parseTrainConfig,
  preparedBy,
  sweptFeatures,
  type TrainConfigInput,
  type TrainOptions,
} from "@graft/core";
import { oneByOne, type RowStore } from "@graft/core/testing";
import { describe, expect, it } from "vitest";
import { TEST_BACKENDS } from "../backends.ts";
import { describeOn } from "../open-or-skip.ts";
import { countHeld } from "./count-held.ts";
import { randomTrunkWeights } from "./random-trunk.ts";
import { EVERY_STEP, makeDataset, makeSplit, makeTraining, runTraining } from "./training-problem.ts";

/** Images of noise, until `isLost`. */
function prepareUnless(isLost: (image: DatasetImage) => CoreError | undefined) {
  const made: string[] = [];
  const prepare: PrepareImage = preparedBy("drawn-1", async (image, { size }, _augmentation, variants) => {
    const error = isLost(image);
    if (error) throw error;
    made.push(image.path);
    return variants.map((variant) => {
      const random = createRandom("pixels", image.hash, variant);
      return Uint8Array.from({ length: size * size * 3 }, () => random() * 255);
    });
  });
  return { prepare, made };
}

const gone = new CoreError("not-found", { what: "There is no such file." });
const changed = new CoreError("corrupt", { what: "It has changed since graft first read it." });
const trouble = new CoreError("unreadable", { what: "dogs/1.png cannot be read (EIO)." });
const NOTHING_KEPT: RowStore = { get: async () => undefined, put: async () => undefined };
const CONFIG: TrainConfigInput = { epochs: 2, batchSize: 16 };
const DATASET = makeDataset(210, ["birds", "cats", "dogs"]);
const WEIGHTS = randomTrunkWeights("mixed0");

for (const candidate of TEST_BACKENDS.filter(({ id }) => id === "onnx:cpu")) {
  await describeOn(candidate, (engine) => {
    const { backend, held } = countHeld(engine);
    const run = async (
      isLost: (image: DatasetImage) => CoreError | undefined,
      config: TrainConfigInput = CONFIG,
      given: Partial<TrainOptions> = {},
    ) => {
      const { prepare, made } = prepareUnless(isLost);
      const options = {
        dataset: DATASET,
        prepare,
        store: oneByOne(NOTHING_KEPT),
        weights: WEIGHTS,
        ...given,
      };
      const trained = await runTraining(makeTraining(backend, config, options));
      expect(held()).toBe(0);
      return { ...trained, made };
    };
    const failed = { status: "failed", error: { code: "unreadable" } };

    describe("images that are lost while features are computed", () => {
      it.each([
        ["gone", gone],
        ["changed", changed],
      ])("(%s, a whole class) stop the run, which counts them all and has no model", async (_, error) => {
        const { events, result } = await run(({ label }) => (label === 1 ? error : undefined));
        expect(events.at(-1)).toMatchObject({ type: "run-end", ...failed });
        expect(result.error?.message).toMatch(
          /^70 of 210 images can no longer be read: is made up still there\? Nothing is left of the class "cats"\./,
        );
        expect(result.model).toBeUndefined();
      });

      it("(the validation) stop it too", async () => {
        const dataset = makeDataset(400);
        const split = makeSplit(dataset, 0.01);
        const inValidation = new Set(split.validation);
        const { result } = await run(({ hash }) => (inValidation.has(hash) ? gone : undefined), CONFIG, {
          ...{ dataset, split },
          store: oneByOne({
            ...NOTHING_KEPT,
            get: async ({ rule }, { hash }) =>
              inValidation.has(hash) ? undefined : new Float32Array(rule.size === 75 ? 256 : 0),
          }),
        });
        expect(result).toMatchObject(failed);
        expect(result.error?.message).toMatch(/^4 of 400 images.*Nothing is left of the validation images/);
      });

      it("stop it where they are more than 2 % of all classes, and are one warning where they are fewer", async () => {
        const isOneOf = (count: number) => (image: DatasetImage) =>
          DATASET.images.indexOf(image) < count ? gone : undefined;
        const five = await run(isOneOf(5));
        expect(five.result).toMatchObject(failed);
        expect(five.result.error?.message).toMatch(/^5 of 210 images can no longer be read/);
        const { events, result } = await run(isOneOf(4));
        expect(result).toMatchObject({ status: "completed" });
        expect(result.model?.manifest.images?.train).toBe(154);
        expect(events.filter(({ type }) => type === "warning")).toMatchObject([
          {
            code: "broken-image",
            message: expect.stringMatching(/^4 of 210 images .* are left out: birds\/0/),
          },
        ]);
      });

      it("stop it in a later epoch of copies that are made online", async () => {
        let epochs = 0;
        const online = { ...CONFIG, augment: {}, variants: "online" } as const;
        const { events, result } = await run(
          ({ label }) => (epochs > 0 && label === 2 ? gone : undefined),
          online,
          {
            ...EVERY_STEP,
            checkpoints: {
              load: async () => undefined,
              save: async () => void epochs++,
              clear: async () => undefined,
            },
          },
        );
        expect(events.filter(({ type }) => type === "epoch-end")).toHaveLength(1);
        expect(result).toMatchObject({ ...failed, epochs: 1 });
        expect(result.error?.message).toMatch(/^70 of 210 images.*"dogs"/);
      });

      it("stop it among the rows that a tail is trained on", async () => {
        const config = { ...CONFIG, cut: "mixed1", fineTune: "mixed1", fineTuneEpochs: 1 } as const;
        const { result } = await run(({ label }) => (label === 0 ? gone : undefined), config, {
          weights: randomTrunkWeights("mixed1"),
        });
        expect(result).toMatchObject(failed);
      });

      it("stop a sweep and a search for a rate", async () => {
        const { prepare } = prepareUnless(({ label }) => (label === 1 ? gone : undefined));
        const data = {
          ...makeTraining(engine, CONFIG, { dataset: DATASET, prepare, store: oneByOne(NOTHING_KEPT) }),
        };
        const config = parseTrainConfig({ ...CONFIG, size: 75, cut: "mixed0" });
        await expect(
          sweptFeatures([config], { ...data, weights: WEIGHTS }, () => undefined),
        ).rejects.toMatchObject({
          code: "unreadable",
          message: expect.stringMatching(/^70 of 210 images can no longer be read/),
        });
      });
    });

    it("trouble of the machine with one image stops the run at once, with its own words", async () => {
      const { result, events } = await run(({ path }) => (path === "dogs/2.png" ? trouble : undefined));
      expect(result).toMatchObject({ ...failed, error: { message: trouble.message } });
      expect(events.filter(({ type }) => type === "warning")).toEqual([]);
    });
  });
}
