import type { Backend, Checkpoint, TrainConfigInput, TrainOptions } from "@graft/core";
import { createReferenceBackend } from "@graft/core/testing";
import { expect, it } from "vitest";
import { refusalOf, TEST_BACKENDS, type TestBackend } from "../backends.ts";
import { describeOn } from "../open-or-skip.ts";
import { randomTrunkWeights } from "./random-trunk.ts";
import {
  checkpointFacts,
  digestsOf,
  EVERY_STEP,
  makeTraining,
  memoryCheckpoints,
  runTraining,
} from "./training-problem.ts";

interface Case {
  readonly name: string;
  readonly config: TrainConfigInput;
}

/** Recipes and options whose numbers depend on the epoch, the step or the random state. */
const CASES: readonly Case[] = [
  { name: "gap with Adam and dropout", config: { epochs: 6, batchSize: 7 } },
  { name: "three augmented copies in turn", config: { epochs: 7, batchSize: 8, augment: {}, variants: 3 } },
  { name: "early stop", config: { epochs: 40, learningRate: 0.4, earlyStop: 2, batchSize: 8 } },
  {
    name: "the classic head with RMSprop",
    // the shortest rows that a hidden layer can have: the block after the last pooling at 75 pixels
    config: { recipe: "classic", cut: "mixed8", epochs: 4, batchSize: 8, augment: {}, variants: 2 },
  },
  {
    name: "sgd with momentum and balanced classes",
    config: { epochs: 5, optimizer: "sgd", momentum: 0.9, classWeights: "balanced", batchSize: 16 },
  },
  {
    name: "mixup, label smoothing, adamw and a cosine with warm-up",
    config: {
      ...{ epochs: 5, batchSize: 8, mixup: 0.3, labelSmoothing: 0.1, optimizer: "adamw" },
      ...{ schedule: "cosine", warmup: 1.5 },
    },
  },
  {
    name: "a tail after a head that stopped early",
    config: {
      ...{ epochs: 9, learningRate: 0.4, earlyStop: 2, batchSize: 8, augment: {}, variants: 2 },
      ...{ fineTune: "conv2d_12", fineTuneEpochs: 3, fineTuneLearningRate: 1e-3, schedule: "plateau" },
    },
  },
];

/** A run that never stopped: every step's checkpoint, and how it ended. */
async function whole(backend: Backend, config: TrainConfigInput, given: Partial<TrainOptions> = {}) {
  const checkpoints = memoryCheckpoints();
  const options = { checkpoints, now: () => 0, ...EVERY_STEP, weights, ...given };
  const trained = await runTraining(makeTraining(backend, config, options));
  return { ...trained, saved: checkpoints.saved };
}

/** Of the tail's shapes. */
const weights = randomTrunkWeights("mixed0");

/** A state in float64 would be rounded by being read and written back. */
const reference: TestBackend = {
  ...{ id: "reference:cpu", kind: "cpu", tolerance: 0, lossTolerance: 0 },
  open: () =>
    refusalOf(async () => createReferenceBackend({ statePrecision: "float32", blockBytes: 2 ** 10 })),
};
const engines = [reference, ...TEST_BACKENDS.filter(({ id }) => id === "onnx:cpu")];

for (const engine of engines) {
  await describeOn(engine, (backend) => {
    // the interpreter takes half a minute for a hidden layer's million weights, or a tail's convolutions
    const isLarge = ({ config }: Case): boolean => config.recipe === "classic" || config.fineTune != null;
    const cases = CASES.filter((one) => engine.id !== "reference:cpu" || !isLarge(one));

    it.each(cases)("gives the same losses and weights twice: $name", async ({ config }) => {
      const [one, two] = [await whole(backend, config), await whole(backend, config)];
      expect(one.result.status).toBe("completed");
      expect(two.events).toEqual(one.events);
      expect(digestsOf(two.result.model?.head)).toEqual(digestsOf(one.result.model?.head));
      expect(one.history.flat().every((value) => value !== undefined && Number.isFinite(value))).toBe(true);
      if (config.earlyStop)
        expect(one.history.length).toBeLessThan((config.epochs ?? 0) + (config.fineTuneEpochs ?? 0));
      // made-up features of a tail's base have nothing to do with those of the cut
      if (!config.fineTune) expect(one.history.at(-1)?.[0]).toBeLessThan(one.history[0]?.[0] ?? 0);
    });

    it.each(cases)("goes on from any epoch as if it had never stopped: $name", async ({ config }) => {
      const undisturbed = await whole(backend, config);
      const last = undisturbed.saved.at(-1);
      const betweenEpochs = undisturbed.saved.filter(({ partial }) => partial === null);
      const starts: readonly (Checkpoint | undefined)[] = betweenEpochs.slice(0, 5);
      for (const start of [...starts, last]) {
        const checkpoints = memoryCheckpoints(start);
        const resumed = await runTraining(
          makeTraining(backend, config, { checkpoints, weights, now: () => 0, ...EVERY_STEP }),
        );
        expect(resumed.history).toEqual(undisturbed.history.slice(start?.epoch));
        expect(checkpointFacts(checkpoints.saved.at(-1))).toEqual(checkpointFacts(last));
        expect(digestsOf(resumed.result.model?.head)).toEqual(digestsOf(undisturbed.result.model?.head));
        expect(resumed.result).toMatchObject({
          ...{ status: "completed", keptEpoch: undisturbed.result.keptEpoch },
          metrics: undisturbed.result.metrics,
        });
      }
    });

    it.each(cases)(
      "goes on from a phase's end, which keeps no weights but the best: $name",
      async ({ config }) => {
        const undisturbed = await whole(backend, config);
        const ended = await whole(backend, config, { checkpointMs: 30_000 });
        expect(ended.saved.map(({ phase, parameters }) => [phase.name, parameters.size])).toEqual([
          ["head", 0],
          ...(config.fineTune ? [["fine-tune", 0]] : []),
        ]);
        for (const start of ended.saved) {
          const checkpoints = memoryCheckpoints(start);
          const resumed = await runTraining(
            makeTraining(backend, config, { checkpoints, weights, now: () => 0, ...EVERY_STEP }),
          );
          expect(resumed.history).toEqual(undisturbed.history.slice(start.epoch));
          expect(digestsOf(resumed.result.model?.head)).toEqual(digestsOf(undisturbed.result.model?.head));
        }
      },
    );

    it.each(cases)("goes on from inside an epoch as if it had never stopped: $name", async ({ config }) => {
      const undisturbed = await whole(backend, config);
      const inside = undisturbed.saved.filter(({ partial }) => partial);
      const phases = new Set(inside.map(({ phase }) => phase.name));
      expect([...phases]).toEqual(config.fineTune ? ["head", "fine-tune"] : ["head"]);
      for (let at = 1; at < inside.length; at += Math.ceil(inside.length / 5)) {
        const [checkpoints, start] = [memoryCheckpoints(inside[at]), inside[at]];
        const resumed = await runTraining(
          makeTraining(backend, config, { checkpoints, weights, now: () => 0, ...EVERY_STEP }),
        );
        expect(resumed.history).toEqual(undisturbed.history.slice(start?.epoch));
        expect(checkpointFacts(checkpoints.saved.at(-1))).toEqual(checkpointFacts(undisturbed.saved.at(-1)));
        expect(digestsOf(resumed.result.model?.head)).toEqual(digestsOf(undisturbed.result.model?.head));
      }
    });
  });
}
