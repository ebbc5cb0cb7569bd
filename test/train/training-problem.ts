import { crc32 } from "node:zlib";
import {
  type Backend,
  type Checkpoint,
  type CheckpointStore,
  createRandom,
  type Dataset,
  type DatasetImage,
  featureShape,
  parseTrainConfig,
  preparedBy,
  type Split,
  type TrainConfigInput,
  type TrainEvent,
  type TrainOptions,
  type TrainResult,
  train,
} from "@graft/core";
import { oneByOne, type RowStore } from "@graft/core/testing";

/** A data set that is its hashes: the first digit is the class. */
export function makeDataset(numImages: number, labels: readonly string[] = ["cats", "dogs"]): Dataset {
  const images = Array.from({ length: numImages }, (_, at): DatasetImage => {
    const label = at % labels.length;
    return {
      path: `${labels[label]}/${at}.png`,
      hash: `${label}${at.toString(16).padStart(63, "0")}`,
      label,
      bytes: 100,
      facts: { format: "png", width: 75, height: 75, perceptualHash: "0".repeat(16) },
    };
  });
  return { source: "made up", labels, images, skipped: [], broken: [], notes: [], presplit: false };
}

/** The last quarter is held out. */
export function makeSplit({ images }: Dataset, validation = 0.25): Split {
  const start = Math.round(images.length * (1 - validation));
  const hashes = images.map(({ hash }) => hash);
  return {
    ...{ version: 1, kind: "drawn", seed: 1, fraction: validation, test: [] },
    train: hashes.slice(0, start),
    validation: hashes.slice(start),
  };
}

/**
 * A store that has every feature, made from its key: sparse as a relu leaves it, with a hint of the class in every 16th
 * number. Training needs no trunk so.
 */
export function madeUpFeatures(): RowStore {
  return {
    async get({ cut, rule, pool }, { hash, variant }) {
      const shape = featureShape(cut, rule.size);
      const length = pool === "avg" ? shape[2] : shape.reduce((product, dim) => product * dim, 1);
      const random = createRandom("feature", hash, variant);
      const label = Number(hash[0]);
      return Float32Array.from({ length }, (_, at) => {
        const value = Math.max(0, random() * 6 - 5);
        return at % 16 === label ? value + random() * 0.3 : value;
      });
    },
    put: async () => undefined,
  };
}

/** Keeps checkpoints in memory, every one of them. */
export function memoryCheckpoints(start?: Checkpoint): CheckpointStore & { readonly saved: Checkpoint[] } {
  const saved: Checkpoint[] = start ? [start] : [];
  return {
    saved,
    load: async () => saved.at(-1),
    save: async (checkpoint) => {
      saved.push(structuredClone(checkpoint)); // its arrays are written over afterwards
    },
    clear: async () => void saved.splice(0),
  };
}

/** Checkpoints wherever there can be one and the one before is written: a clock that stands, and nothing to wait for. */
export const EVERY_STEP = { checkpointMs: 0, clock: () => 0 } as const;

/** A training that needs an engine and nothing else. Options that are given win. */
export function makeTraining(
  backend: Backend,
  config: TrainConfigInput,
  given: Partial<TrainOptions> & { readonly numImages?: number } = {},
): TrainOptions {
  const { numImages = 40, ...options } = given;
  const dataset = options.dataset ?? makeDataset(numImages);
  return {
    ...{ run: "run", dataset, backend, decodeAhead: 2 },
    config: parseTrainConfig({ size: 75, cut: "mixed0", ...config }),
    split: makeSplit(dataset),
    weights: {
      ...{ source: "bundled", origin: "none", sha256: "0".repeat(64), inputRange: [0, 1] },
      tensors: new Map(),
    },
    prepare: preparedBy("drawn-1", () => Promise.reject(new TypeError("every feature is in the store"))),
    store: oneByOne(madeUpFeatures()),
    checkpoints: memoryCheckpoints(),
    saveModel: async () => "nowhere",
    ...options,
  };
}

/** A training from first event to result. */
export interface Trained {
  readonly events: readonly TrainEvent[];
  readonly result: TrainResult;
  /** Of each finished epoch: loss, accuracy and their like on the validation images. */
  readonly history: readonly (readonly (number | undefined)[])[];
}

/** Runs a training to its end. @param onEvent may throw to leave early. */
export async function runTraining(
  options: TrainOptions,
  onEvent: (event: TrainEvent) => void = () => undefined,
): Promise<Trained> {
  const events: TrainEvent[] = [];
  const running = train(options);
  let next = await running.next();
  for (; !next.done; next = await running.next()) {
    events.push(next.value);
    onEvent(next.value);
  }
  return { events, result: next.value, history: historyOf(events) };
}

/** The metrics of the epochs that events tell of. */
function historyOf(events: readonly TrainEvent[]): (number | undefined)[][] {
  return events.flatMap((event) =>
    event.type === "epoch-end" ? [[event.loss, event.accuracy, event.valLoss, event.valAccuracy]] : [],
  );
}

/** Numbers by name as checksums of their bytes: a million of them can be compared in a test. */
export function digestsOf(values: ReadonlyMap<string, Float32Array> | undefined): Record<string, number> {
  return Object.fromEntries(
    [...(values ?? [])].map(([name, { buffer, byteOffset, byteLength }]) => [
      name,
      crc32(new Uint8Array(buffer, byteOffset, byteLength)),
    ]),
  );
}

/** A checkpoint as plain data, its numbers as checksums. */
export function checkpointFacts(checkpoint: Checkpoint | undefined) {
  if (!checkpoint) return undefined;
  const { parameters, best, ...facts } = checkpoint;
  return {
    ...facts,
    parameters: digestsOf(parameters),
    best: best && { ...best, values: digestsOf(best.values) },
  };
}
