import type { Backend } from "../backend.ts";
import { CoreError, throwIfCancelled } from "../errors.ts";
import { initialHeadValues } from "../head/initial-values.ts";
import { headSpec } from "../head/spec.ts";
import { BatchMaker } from "../train/batches.ts";
import { classWeights } from "../train/class-weights.ts";
import type { TrainConfig } from "../train/config.ts";
import { epochOrder } from "../train/shuffle.ts";
import { openTrainer } from "../train/trainer.ts";
import type { SweptFeatures } from "./features.ts";

/** One step of the range test. */
export interface RatePoint {
  readonly learningRate: number;
  /** Smoothed training loss before the step. */
  readonly loss: number;
}

export interface FoundRate {
  /** Slowest rate first, up to where the loss blew up. */
  readonly curve: readonly RatePoint[];
  /** Where the loss falls fastest by the logarithm of the rate. */
  readonly learningRate: number;
}

const STEPS = 100;
const [LOWEST, HIGHEST] = [1e-6, 1];
/** Of the exponential mean over steps. */
const SMOOTHING = 0.9;
/** Times the lowest loss: what counts as blown up. */
const BLOWN_UP = 4;

/** The point with the steepest fall, by the slope over two points either side; the ends are too shaky to be it. */
export function steepest(curve: readonly RatePoint[]): RatePoint | undefined {
  let [best, slope]: [RatePoint | undefined, number] = [undefined, 0];
  const lowest = Math.min(...curve.map(({ loss }) => loss));
  const end = curve.findIndex(({ loss }) => loss === lowest);
  for (let at = 2; at < Math.min(end + 1, curve.length - 2); at++) {
    const fall = (curve[at + 2]?.loss ?? 0) - (curve[at - 2]?.loss ?? 0);
    if (fall < slope) [best, slope] = [curve[at], fall];
  }
  return best;
}

/**
 * A learning-rate range test (Smith 2017, https://arxiv.org/abs/1506.01186): 100 steps of one head on cached features, the
 * rate growing from 1e-6 to 1 by equal factors, until the loss has blown up. It takes a second.
 * @throws CoreError `cancelled`; `diverged` when no rate makes the loss fall.
 */
export async function findRate(
  config: TrainConfig,
  { rowShape, train: rows }: SweptFeatures,
  options: {
    readonly backend: Backend;
    readonly numClasses: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<FoundRate> {
  const { backend, numClasses, signal } = options;
  const spec = headSpec(config, numClasses);
  const trainer = await openTrainer({ backend, spec, rowShape, config });
  const { batchSize, seed, labelSmoothing, mixup } = config;
  const size = Math.min(batchSize, rows.labels.length);
  const maker = new BatchMaker(rowShape, { spec, size, maskWidth: trainer.maskWidth });
  const weightOfClass = classWeights(config.classWeights, rows.labels, numClasses);
  const order = Array.from({ length: Math.ceil((STEPS * size) / rows.labels.length) }, (_, epoch) => [
    ...epochOrder(rows.labels.length, seed, epoch + 1),
  ]).flat();
  const curve: RatePoint[] = [];
  let [mean, lowest] = [0, Number.POSITIVE_INFINITY];
  try {
    await trainer.writeParameters(initialHeadValues(spec, rowShape, seed));
    for (let step = 0; step < STEPS; step++) {
      throwIfCancelled(signal);
      const learningRate = LOWEST * (HIGHEST / LOWEST) ** (step / (STEPS - 1));
      const images = order.slice(step * size, (step + 1) * size);
      const time = { seed, epoch: 1, step: step + 1 };
      const { inputs } = await maker.readForTraining(rows, images, time, {
        weightOfClass,
        labelSmoothing,
        mixup,
      });
      const scalars = trainer.optimizer.scalars({ step: step + 1, learningRate });
      const { loss } = await trainer.train.run({ ...inputs, ...scalars }, trainer.state);
      const value = loss?.data[0] ?? Number.NaN;
      mean = SMOOTHING * mean + (1 - SMOOTHING) * value;
      const smoothed = mean / (1 - SMOOTHING ** (step + 1));
      if (!Number.isFinite(smoothed) || smoothed > BLOWN_UP * lowest) break;
      lowest = Math.min(lowest, smoothed);
      curve.push({ learningRate, loss: smoothed });
    }
  } finally {
    trainer.dispose();
  }
  const found = steepest(curve);
  if (found) return { curve, learningRate: Number(found.learningRate.toPrecision(2)) };
  throw new CoreError("diverged", {
    what: "No learning rate between 1e-6 and 1 makes the loss fall.",
    received: `losses from ${curve[0]?.loss} to ${curve.at(-1)?.loss}`,
    fix: "Look at the data set (`graft inspect`), or try another cut.",
  });
}
