import {
  type Backend,
  featureShape,
  numElements,
  type Tail,
  type TrunkWeights,
  trunkGraph,
} from "@graft/core";
import { loadWeights } from "@graft/core/node";
import { openTrainer } from "../../packages/core/src/train/trainer.ts";
import { addTail } from "../../packages/core/src/trunk/build.ts";
import { GOLDEN, goldenArray, initialKernel } from "./golden.ts";

/** Images of the golden set. */
const NUM_IMAGES = 40;
const BATCH = 8;
const LEARNING_RATE = 1e-4;
export const SIZE = 150;

/** The bundled numbers on the range that the golden values were computed with, whatever they were trained on. */
export function goldenWeights(): Promise<TrunkWeights> {
  return loadWeights({
    ...{ weights: "bundled", inputRange: [-1, 1], home: "", env: {} },
    fetch: () => Promise.reject(new Error("bundled weights need no network")),
  });
}

/** A layer's output of all golden images, [40, h, w, c]. */
export async function goldenFeatures(
  backend: Backend,
  weights: TrunkWeights,
  layer: string,
): Promise<Float32Array> {
  const { data } = goldenArray("images");
  if (!(data instanceof Uint8Array)) throw new TypeError("images.npy is not uint8");
  const program = await backend.compile(trunkGraph(weights, { cut: layer, size: SIZE, pool: "none" }));
  try {
    const { features } = await program.run({ images: { shape: [NUM_IMAGES, SIZE, SIZE, 3], data } });
    if (!(features?.data instanceof Float32Array)) throw new TypeError("features are float32");
    return features.data;
  } finally {
    program.dispose();
  }
}

/** A tail and what it starts from. */
export interface FineTuneCase {
  readonly tail: Tail;
  readonly weights: TrunkWeights;
  /** Of the golden images at the tail's base, [40, h, w, c]. */
  readonly features: Float32Array;
  readonly steps: number;
  /** Images in a step. @default 8 */
  readonly batch?: number;
}

/** What a fine-tuning did. */
export interface FineTuned {
  readonly losses: readonly number[];
  /** How far each tensor of the trunk moved that the golden files know of: the norm of its change. */
  readonly changes: ReadonlyMap<string, number>;
  readonly trainable: number;
}

/** "BatchNormalization_51", as golden.json has it → "batch_normalization_51/beta" */
function tensorOf(watched: string): string {
  const number = /\d+$/.exec(watched)?.[0];
  return watched.startsWith("Conv2D") ? `conv2d_${number}/kernel` : `batch_normalization_${number}/beta`;
}

/** Fine-tunes a pooled sigmoid head and a tail as make_golden.py does. */
export async function fineTune(
  backend: Backend,
  { tail, weights, features, steps, batch = BATCH }: FineTuneCase,
): Promise<FineTuned> {
  const rowShape = featureShape(tail.base, SIZE);
  const row = numElements(rowShape);
  const trainer = await openTrainer({
    ...{ backend, rowShape, config: { optimizer: "rmsprop", momentum: 0, weightDecay: 0 } },
    spec: { recipe: "gap", numClasses: 2, activation: "sigmoid", units: 1, hidden: 0, dropout: 0 },
    body: { append: (builder, x) => addTail(builder, x, tail, weights) },
  });
  try {
    const start = new Map(
      [...tail.trainable].map((name) => [name, weights.tensors.get(name)?.data ?? new Float32Array()]),
    );
    start.set("predictions/kernel", initialKernel(tail.layers.at(-1)?.channels ?? 0, 1, 0.1));
    await trainer.writeParameters(start);
    const losses: number[] = [];
    for (let step = 0; step < steps; step++) {
      const from = (step * batch) % NUM_IMAGES;
      const inputs = {
        features: {
          shape: [batch, ...rowShape],
          data: features.subarray(from * row, (from + batch) * row),
        },
        labels: { shape: [batch, 1], data: Float32Array.from({ length: batch }, (_, i) => (from + i) % 2) },
        sampleWeights: { shape: [batch], data: new Float32Array(batch).fill(1 / batch) },
      };
      const scalars = trainer.optimizer.scalars({ step: step + 1, learningRate: LEARNING_RATE });
      const { loss } = await trainer.train.run({ ...inputs, ...scalars }, trainer.state);
      losses.push(loss?.data[0] ?? Number.NaN);
    }
    const after = await trainer.readWeights();
    const changeOf = (name: string): number => {
      const [before, now] = [weights.tensors.get(name)?.data, after.get(name)];
      let squares = 0;
      for (const [i, value] of (now ?? before ?? []).entries())
        squares += (value - (before?.[i] ?? Number.NaN)) ** 2;
      return Math.sqrt(squares);
    };
    const watched = Object.keys(GOLDEN.finetune_mixed6_mixed7.change_after_6_steps).map(tensorOf);
    return {
      losses,
      changes: new Map([...watched, ...tail.trainable].map((name) => [name, changeOf(name)])),
      trainable: [...after.values()].reduce((sum, values) => sum + values.length, 0),
    };
  } finally {
    trainer.dispose();
  }
}

/**
 * What is not as in Keras, in words; nothing when all is.
 * @param lossTolerance relative, of each step. The norms of the changes may be 1 % off, after all six steps.
 */
export function departures({ losses, changes, trainable }: FineTuned, lossTolerance: number): string[] {
  const golden = GOLDEN.finetune_mixed6_mixed7;
  const isFar = (value: number, expected: number, tolerance: number): boolean =>
    !(Math.abs(value / expected - 1) <= tolerance);
  const ofLosses = losses.flatMap((loss, step) => {
    const expected = golden.losses[step] ?? Number.NaN;
    return isFar(loss, expected, lossTolerance) ? [`loss of step ${step + 1}: ${loss}, not ${expected}`] : [];
  });
  if (losses.length < golden.losses.length) return ofLosses;
  const ofChanges = Object.entries(golden.change_after_6_steps).flatMap(([name, { l2 }]) => {
    const change = changes.get(tensorOf(name)) ?? Number.NaN;
    return isFar(change, l2, 0.01) ? [`change of ${name}: ${change}, not ${l2}`] : [];
  });
  const ofCount = trainable === golden.trainable_parameters ? [] : [`${trainable} numbers train`];
  return [...ofLosses, ...ofChanges, ...ofCount];
}
