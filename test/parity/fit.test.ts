import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  type FeatureTable,
  headSpec,
  parseTrainConfig,
  type TrainConfig,
  type TrainEvent,
} from "@graft/core";
import { createReferenceBackend } from "@graft/core/testing";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { createCheckpointPace } from "../../packages/core/src/checkpoint/pace.ts";
import { createCheckpointSaver } from "../../packages/core/src/checkpoint/saver.ts";
import { createEventMaker } from "../../packages/core/src/events/event-maker.ts";
import { epochOrder } from "../../packages/core/src/numbers/shuffle.ts";
import { fillDropoutMask } from "../../packages/core/src/train/dropout-mask.ts";
import type { LabelledRows } from "../../packages/core/src/train/labelled-rows.ts";
import { progressOf } from "../../packages/core/src/train/run-progress.ts";
import { trainEpochs } from "../../packages/core/src/train/train-epochs.ts";
import { openTrainer, type Trainer } from "../../packages/core/src/train/trainer.ts";
import { initialKernel } from "./golden.ts";

const metrics = z.object({
  loss: z.number(),
  accuracy: z.number(),
  /** Absent where Keras's is of another kind. */
  valLoss: z.number().optional(),
  valAccuracy: z.number(),
});
const caseSchema = z.object({
  recipe: z.enum(["gap", "classic"]),
  columns: z.int(),
  classes: z.int(),
  optimizer: z.enum(["adam", "adamw", "rmsprop", "sgd"]),
  momentum: z.number().default(0),
  weightDecay: z.number().default(0),
  schedule: z.enum(["constant", "cosine", "plateau"]).default("constant"),
  warmup: z.number().default(0),
  labelSmoothing: z.number().default(0),
  learningRate: z.number(),
  classWeights: z.enum(["none", "balanced"]),
  epochs: z.array(metrics),
  norms: z.record(z.string(), z.number()),
});
type FitCase = z.infer<typeof caseSchema>;

/** What Keras's `fit` reported: make_fit_golden.py wrote it and says how. */
const GOLDEN = z
  .object({
    rows: z.int(),
    validation: z.int(),
    batchSize: z.int(),
    cases: z.record(z.string(), caseSchema),
  })
  .parse(JSON.parse(readFileSync(resolve(import.meta.dirname, "golden/fit.json"), "utf8")));

const labelOf = (row: number, classes: number): number => (row % 5 === 0 ? 0 : row % classes);
const rowShapeOf = ({ recipe, columns }: Pick<FitCase, "recipe" | "columns">): number[] =>
  recipe === "gap" ? [columns] : [1, 2, columns / 2];

/** make_fit_golden.py's rows, and their classes. */
function tableOf(given: Pick<FitCase, "recipe" | "columns" | "classes">): FeatureTable {
  const { columns, classes } = given;
  const numRows = GOLDEN.rows + GOLDEN.validation;
  const mixed = initialKernel(numRows, columns, 1); // mix − 0.5
  return {
    ...{ rowShape: rowShapeOf(given), numRows },
    async read(positions, out) {
      for (const [at, row] of positions.entries())
        for (let column = 0; column < columns; column++) {
          const { [row * columns + column]: value = 0 } = mixed;
          const ofClass = labelOf(row, classes) === column % 3 ? 0.4 : 0;
          out[at * columns + column] = Math.max(0, (value + 0.5) * 3 - 1) + ofClass;
        }
    },
  };
}

/** Rows from … from + count in the order in which an epoch asks for them, so that they come as Keras takes them. */
function rowsInOrder(
  table: FeatureTable,
  { from, count, classes, order }: { from: number; count: number; classes: number; order?: Uint32Array },
): LabelledRows {
  const positions = Array.from({ length: count }, (_, at) => from + at);
  if (order) for (const [at, place] of order.entries()) positions[place] = from + at;
  return { table, positions, labels: positions.map((row) => labelOf(row, classes)) };
}

/** Runs the training loop as a run does, on float64. */
async function epochEnds(
  trainer: Trainer,
  config: TrainConfig,
  { table, classes }: { table: FeatureTable; classes: number },
): Promise<Extract<TrainEvent, { type: "epoch-end" }>[]> {
  const ends: Extract<TrainEvent, { type: "epoch-end" }>[] = [];
  const { rows: count, validation } = GOLDEN;
  const events = trainEpochs({
    ...{ trainer, config, progress: progressOf(undefined), now: () => 0 },
    saver: createCheckpointSaver({
      load: async () => undefined,
      save: async () => undefined,
      clear: async () => undefined,
    }),
    pace: createCheckpointPace(),
    rowsOfEpoch: async function* (epoch) {
      yield* [];
      return rowsInOrder(table, { from: 0, count, classes, order: epochOrder(count, config.seed, epoch) });
    },
    validation: rowsInOrder(table, { from: count, count: validation, classes }),
    hashes: { config: "", split: "", weights: "", features: "" },
    backend: { id: "reference", engineVersion: "" },
    events: createEventMaker({ run: "r", firstSeq: 0, now: () => 0 }),
  });
  for await (const event of events) if (event.type === "epoch-end") ends.push(event);
  return ends;
}

describe("a head's training reports what Keras's fit does", () => {
  it.each(Object.entries(GOLDEN.cases))("%s", async (_, given) => {
    const { recipe, optimizer, momentum, learningRate, classWeights, classes, columns } = given;
    const { weightDecay, schedule, warmup, labelSmoothing } = given;
    const config = parseTrainConfig({
      ...{ recipe, optimizer, momentum, learningRate, classWeights, batchSize: GOLDEN.batchSize },
      ...{ weightDecay, schedule, warmup, labelSmoothing },
      ...{ epochs: given.epochs.length, dropout: 0, earlyStop: null, augment: null },
    });
    await using backend = createReferenceBackend({ statePrecision: "float32" });
    const spec = headSpec(config, classes);
    const trainer = await openTrainer({ backend, spec, rowShape: rowShapeOf(given), config });
    const hidden = recipe === "classic" ? 1024 : columns;
    await trainer.writeParameters(
      new Map([
        ...(recipe === "classic" ? [["dense/kernel", initialKernel(columns, 1024, 0.1)] as const] : []),
        ["predictions/kernel", initialKernel(hidden, spec.units, 0.1)] as const,
      ]),
    );
    const ends = await epochEnds(trainer, config, { table: tableOf(given), classes });
    expect(ends).toHaveLength(given.epochs.length);
    for (const [at, { loss, accuracy, valLoss, valAccuracy }] of given.epochs.entries()) {
      const { [at]: end } = ends;
      // Keras computes in float32
      expect(Math.abs((end?.loss ?? 0) / loss - 1), `loss of epoch ${at + 1}`).toBeLessThan(1e-5);
      if (valLoss !== undefined)
        expect(Math.abs((end?.valLoss ?? 0) / valLoss - 1), `valLoss of epoch ${at + 1}`).toBeLessThan(1e-5);
      expect(end?.accuracy).toBeCloseTo(accuracy, 6);
      expect(end?.valAccuracy).toBeCloseTo(valAccuracy, 6);
    }
    for (const [name, values] of await trainer.readWeights()) {
      const { [name]: norm = Number.NaN } = given.norms;
      expect(Math.abs(Math.hypot(...values) - norm), name).toBeLessThan(1e-5 * Math.max(norm, 0.1));
    }
  });

  it("and drops what its mask says: one step by hand", async () => {
    const given = { recipe: "gap", columns: 6, classes: 2 } as const;
    const { rows: count } = GOLDEN;
    const config = parseTrainConfig({
      ...{ optimizer: "sgd", momentum: 0, learningRate: 0.5, batchSize: count, epochs: 1 },
      ...{ dropout: 0.5, earlyStop: null, augment: null },
    });
    await using backend = createReferenceBackend({ statePrecision: "float32" });
    const spec = headSpec(config, 2);
    const trainer = await openTrainer({ backend, spec, rowShape: [6], config });
    const table = tableOf(given);
    await epochEnds(trainer, config, { table, classes: 2 });
    const mask = new Float32Array(count * 6);
    fillDropoutMask(mask, 0.5, { seed: config.seed, epoch: 1, step: 1 });
    const x = new Float32Array(count * 6);
    await table.read(
      Array.from({ length: count }, (_, row) => row),
      x,
    );
    // from zero weights every class is as likely, so dL/dW = (mask · x)ᵀ (1/2 − y) / rows
    const kernel = Float64Array.from({ length: 12 }, (_, at) => {
      const [column, unit] = [Math.floor(at / 2), at % 2];
      let gradient = 0;
      for (let row = 0; row < count; row++) {
        const error = 0.5 - (labelOf(row, 2) === unit ? 1 : 0);
        gradient += ((mask[row * 6 + column] ?? 0) * (x[row * 6 + column] ?? 0) * error) / count;
      }
      return -0.5 * gradient;
    });
    const trained = (await trainer.readWeights()).get("predictions/kernel") ?? [];
    expect(mask.some((value) => value === 0)).toBe(true);
    for (const [at, value] of kernel.entries()) expect(trained[at]).toBeCloseTo(value, 6);
  });
});
