import { type CheckpointPace, createCheckpointPace } from "../checkpoint/pace.ts";
import { createCheckpointSaver } from "../checkpoint/saver.ts";
import type { Checkpoint, CheckpointStore } from "../checkpoint/types.ts";
import type { TrainConfigInput } from "../config/config.ts";
import { parseTrainConfig } from "../config/parse-config.ts";
import { CoreError } from "../errors.ts";
import { createEventMaker } from "../events/event-maker.ts";
import type { TrainEvent } from "../events/events.ts";
import type { FeatureTable } from "../features/types.ts";
import { initialHeadValues } from "../head/initial-values.ts";
import type { HeadSpec } from "../head/types.ts";
import { createRandom } from "../numbers/random.ts";
import { createReferenceBackend } from "../testing/reference-backend.ts";
import type { LabelledRows } from "./labelled-rows.ts";
import { progressOf } from "./run-progress.ts";
import { trainEpochs } from "./train-epochs.ts";
import { openTrainer } from "./trainer.ts";

export const COLUMNS = 5;
export const SPEC: HeadSpec = {
  ...{ recipe: "gap", numClasses: 2, activation: "softmax", units: 2, hidden: 0 },
  dropout: 0.5,
};

/** Rows of a class-dependent mean and noise, from their position. */
export function makeRows(from: number, labels: readonly number[]): LabelledRows {
  const table: FeatureTable = {
    rowShape: [COLUMNS],
    numRows: 1000,
    async read(positions, out) {
      for (const [at, position] of positions.entries()) {
        const random = createRandom("row", position);
        const label = labels[position - from] ?? 0;
        for (let i = 0; i < COLUMNS; i++) out[at * COLUMNS + i] = random() + (i === label ? 0.3 : 0);
      }
    },
  };
  return { table, labels, positions: labels.map((_, at) => from + at) };
}

const INFINITE: FeatureTable = {
  ...{ rowShape: [COLUMNS], numRows: 1000 },
  async read(_, out) {
    out.fill(Number.POSITIVE_INFINITY);
  },
};

const alternating = (length: number): number[] => Array.from({ length }, (_, at) => at % 2);

export interface Outcome {
  readonly events: readonly TrainEvent[];
  /** All that was saved, in its order. */
  readonly all: readonly Checkpoint[];
  /** Those between two epochs. */
  readonly saved: readonly Checkpoint[];
  readonly error: CoreError | undefined;
}

/** Trains on the reference backend, from a checkpoint if there is one. */
export async function trained(
  input: TrainConfigInput,
  given: {
    readonly start?: Checkpoint | undefined;
    readonly training?: readonly number[];
    readonly spec?: HeadSpec;
    /** From this epoch on every feature is infinite. */
    readonly brokenFrom?: number;
    readonly signal?: AbortSignal;
    readonly onEvent?: (event: TrainEvent) => void;
    /** What a save waits for. */
    readonly disk?: () => Promise<void>;
    /** What the images of this epoch fail with. */
    readonly failure?: CoreError;
    readonly goneFrom?: number;
    /** @default a checkpoint wherever there can be one */
    readonly pace?: CheckpointPace;
    /** Of the events; the clock stands still. */
    readonly intervalMs?: number;
  } = {},
): Promise<Outcome> {
  const {
    start,
    training = alternating(11),
    spec = SPEC,
    brokenFrom,
    signal,
    onEvent,
    disk,
    intervalMs,
    pace = createCheckpointPace({ clock: () => 0, shortestMs: 0 }),
  } = given;
  await using backend = createReferenceBackend({ statePrecision: "float32" });
  const config = parseTrainConfig({ batchSize: 4, epochs: 6, earlyStop: null, learningRate: 0.05, ...input });
  const trainer = await openTrainer({ backend, spec, rowShape: [COLUMNS], config });
  await trainer.writeParameters(start?.parameters ?? initialHeadValues(spec, [COLUMNS], config.seed));
  const saved: Checkpoint[] = [];
  const store: CheckpointStore = {
    load: async () => undefined,
    save: async (checkpoint) => {
      await disk?.();
      saved.push(structuredClone(checkpoint)); // its arrays are written over afterwards
    },
    clear: async () => undefined,
  };
  const saver = createCheckpointSaver(store);
  const rows = makeRows(0, training);
  const running = trainEpochs({
    ...{ trainer, config, saver, pace, signal, now: () => 0 },
    // biome-ignore lint/correctness/useYield: features that are there take no event
    rowsOfEpoch: async function* (epoch) {
      if (given.failure && epoch === given.goneFrom) throw given.failure;
      return brokenFrom !== undefined && epoch >= brokenFrom ? { ...rows, table: INFINITE } : rows;
    },
    validation: makeRows(500, alternating(6)),
    progress: progressOf(start),
    hashes: { config: "", split: "", weights: "", features: "" },
    backend: { id: backend.id, engineVersion: "1" },
    events: createEventMaker({ run: "r", firstSeq: 0, now: () => 0, intervalMs }),
  });
  const events: TrainEvent[] = [];
  let error: CoreError | undefined;
  try {
    for await (const event of running) {
      events.push(event);
      onEvent?.(event);
    }
  } catch (caught) {
    if (!(caught instanceof CoreError)) throw caught;
    error = caught;
  }
  await saver.settle();
  trainer.dispose();
  return { events, all: saved, saved: saved.filter(({ partial }) => partial === null), error };
}
