import type { Backend } from "../backend.ts";
import { CoreError, throwIfCancelled } from "../errors.ts";
import { initialHeadValues } from "../head/initial-values.ts";
import { headSpec } from "../head/spec.ts";
import { BatchMaker } from "../train/batches.ts";
import { classWeights } from "../train/class-weights.ts";
import type { TrainConfig } from "../train/config.ts";
import { evaluateRows } from "../train/evaluate-rows.ts";
import type { LabelledRows } from "../train/labelled-rows.ts";
import { epochOrder } from "../train/shuffle.ts";
import { openTrainer } from "../train/trainer.ts";
import type { SweptFeatures } from "./features.ts";

/** One step of the range test. */
export interface RatePoint {
  readonly learningRate: number;
  /** After the step, on a fixed sample of the training images. */
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
/** Images that the loss is measured on: batches of a few are so noisy that their mean falls and rises by itself. */
const SAMPLE = 256;
/** Times the first loss: what counts as blown up. */
const BLOWN_UP = 4;
/** Share of the first loss that a fall must be to be one. */
const LEAST_FALL = 0.02;

/**
 * The point with the steepest fall, by the slope over two points either side, before the lowest loss.
 * @returns undefined when the loss falls by less than 2 %.
 */
export function steepest(curve: readonly RatePoint[]): RatePoint | undefined {
  const lowest = Math.min(...curve.map(({ loss }) => loss));
  const first = curve[0]?.loss ?? 0;
  if (!(first - lowest >= LEAST_FALL * first)) return undefined;
  const end = curve.findIndex(({ loss }) => loss === lowest);
  const lossAt = (at: number): number => curve[Math.max(0, Math.min(at, end))]?.loss ?? 0;
  let [best, slope]: [RatePoint | undefined, number] = [undefined, 0];
  for (let at = 0; at <= end; at++) {
    const fall = lossAt(at + 2) - lossAt(at - 2);
    if (fall < slope) [best, slope] = [curve[at], fall];
  }
  return best;
}

/**
 * A learning-rate range test (Smith 2017, https://arxiv.org/abs/1506.01186): 100 steps of one head on cached features, the
 * rate growing from 1e-6 to 1 by equal factors, until the loss has blown up. It takes a second or two.
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
  const count = rows.labels.length;
  const size = Math.min(batchSize, count);
  const maker = new BatchMaker(rowShape, { spec, size, maskWidth: trainer.maskWidth });
  const weightOfClass = classWeights(config.classWeights, rows.labels, numClasses);
  const order = Array.from({ length: Math.ceil((STEPS * size) / count) }, (_, epoch) => [
    ...epochOrder(count, seed, epoch + 1),
  ]).flat();
  const measured = [...epochOrder(count, seed, 0)].slice(0, SAMPLE);
  const sample: LabelledRows = {
    table: rows.table,
    positions: measured.map((place) => rows.positions[place] ?? 0),
    labels: measured.map((place) => rows.labels[place] ?? 0),
  };
  const curve: RatePoint[] = [];
  try {
    await trainer.writeParameters(initialHeadValues(spec, rowShape, seed));
    for (let step = 0; step < STEPS; step++) {
      throwIfCancelled(signal);
      const learningRate = LOWEST * (HIGHEST / LOWEST) ** (step / (STEPS - 1));
      const places = order.slice(step * size, (step + 1) * size);
      const changes = { weightOfClass, labelSmoothing, mixup };
      const time = { seed, epoch: 1, step: step + 1 };
      const { inputs } = await maker.readForTraining(rows, places, time, changes);
      const scalars = trainer.optimizer.scalars({ step: step + 1, learningRate });
      await trainer.train.run({ ...inputs, ...scalars }, trainer.state);
      const loss = (await evaluateRows(trainer, sample, signal))?.valLoss ?? Number.NaN;
      if (!(loss <= BLOWN_UP * (curve[0]?.loss ?? loss))) break;
      curve.push({ learningRate, loss });
    }
  } finally {
    trainer.dispose();
  }
  const found = steepest(curve);
  if (found) return { curve, learningRate: Number(found.learningRate.toPrecision(2)) };
  throw new CoreError("diverged", {
    what: "No learning rate between 1e-6 and 1 makes the loss fall within 100 steps.",
    received: `a loss of ${curve[0]?.loss} at first, ${Math.min(...curve.map(({ loss }) => loss))} at best`,
    fix: "Look at the data set (`graft inspect`), or try another optimizer or cut.",
  });
}
