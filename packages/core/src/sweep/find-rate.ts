import type { Backend } from "../backend/backend.ts";
import { createThreadSharing } from "../concurrency/event-loop-turn.ts";
import type { TrainConfig } from "../config/config.ts";
import { CoreError, throwIfCancelled } from "../errors.ts";
import { initialHeadValues } from "../head/initial-values.ts";
import { headSpec } from "../head/spec.ts";
import { epochOrder } from "../numbers/shuffle.ts";
import { BatchMaker } from "../train/batches.ts";
import { classWeights } from "../train/class-weights.ts";
import { evaluateRows } from "../train/evaluate-rows.ts";
import type { LabelledRows } from "../train/labelled-rows.ts";
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

export interface RateOptions {
  readonly backend: Backend;
  readonly numClasses: number;
  readonly signal?: AbortSignal | undefined;
}

const RUNS = 3;
const STEPS = 100;
const [LOWEST, HIGHEST] = [1e-6, 1];
/** Images that a run's loss is measured on: batches of a few are so noisy that their mean falls and rises by itself. */
const SAMPLE = 100;
/** Times the first loss: what counts as blown up. */
const BLOWN_UP = 4;
/** Share of the first loss that a fall must be to be one. */
const LEAST_FALL = 0.02;
/** Points to either side that a slope is taken over: rates up to three times smaller and larger. */
const SLOPE_REACH = 8;

/** A rate at which the loss only comes back from a peak is no good one: the lowest loss so far never rises. */
function lowestSoFar(losses: readonly number[]): number[] {
  let lowest = Number.POSITIVE_INFINITY;
  return losses.map((loss) => {
    lowest = Math.min(lowest, loss);
    return lowest;
  });
}

/**
 * The point with the steepest fall of the lowest loss so far, by the slope of the line (least squares over the logarithm of
 * the rate) through it and eight points to either side.
 * @returns undefined when the loss falls by less than 2 %.
 */
export function steepest(curve: readonly RatePoint[]): RatePoint | undefined {
  const losses = lowestSoFar(curve.map(({ loss }) => loss));
  const [first = 0, last = 0] = [losses[0], losses.at(-1)];
  if (!(first - last >= LEAST_FALL * first)) return undefined;
  let [best, slope]: [RatePoint | undefined, number] = [undefined, 0];
  for (const [at, point] of curve.entries()) {
    let fall = 0;
    for (let step = -SLOPE_REACH; step <= SLOPE_REACH; step++)
      fall += step * (losses[Math.max(0, Math.min(at + step, losses.length - 1))] ?? 0);
    if (fall < slope) [best, slope] = [point, fall];
  }
  return best;
}

/** The loss of each rate in the middle run; where half of the runs have blown up the curve ends. */
function middleCurve(runs: readonly (readonly RatePoint[])[]): RatePoint[] {
  const longest = runs.reduce((most, run) => (run.length > most.length ? run : most));
  const curve = longest.map(({ learningRate }, step) => {
    const losses = runs.map((run) => run[step]?.loss ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
    return { learningRate, loss: losses[Math.floor(losses.length / 2)] ?? Number.POSITIVE_INFINITY };
  });
  const end = curve.findIndex(({ loss }) => loss === Number.POSITIVE_INFINITY);
  return end < 0 ? curve : curve.slice(0, end);
}

/**
 * A learning-rate range test (Smith 2017, https://arxiv.org/abs/1506.01186): 100 steps of one head on cached features, the
 * rate growing from 1e-6 to 1 by equal factors, until the loss has blown up; three times, from other first weights and in
 * another order, since one run's loss swings at large rates. It takes seconds.
 * @throws CoreError `cancelled`; `diverged` when no rate makes the loss fall.
 */
export async function findRate(
  config: TrainConfig,
  features: SweptFeatures,
  options: RateOptions,
): Promise<FoundRate> {
  const runs: RatePoint[][] = [];
  for (let run = 0; run < RUNS; run++)
    runs.push(await oneRun({ ...config, seed: config.seed + run }, features, options));
  const curve = middleCurve(runs);
  const found = steepest(curve);
  if (found) return { curve, learningRate: Number(found.learningRate.toPrecision(2)) };
  throw new CoreError("diverged", {
    what: "No learning rate between 1e-6 and 1 makes the loss fall within 100 steps.",
    received: `a loss of ${curve[0]?.loss} at first, ${Math.min(...curve.map(({ loss }) => loss))} at best`,
    fix: "Check the data set (`graft inspect`), or try another optimizer or cut.",
  });
}

async function oneRun(
  config: TrainConfig,
  { rowShape, train: rows }: SweptFeatures,
  { backend, numClasses, signal }: RateOptions,
): Promise<RatePoint[]> {
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
  const shareThread = createThreadSharing();
  const curve: RatePoint[] = [];
  try {
    await trainer.writeParameters(initialHeadValues(spec, rowShape, seed));
    for (let step = 0; step < STEPS; step++) {
      await shareThread();
      throwIfCancelled(signal);
      const learningRate = LOWEST * (HIGHEST / LOWEST) ** (step / (STEPS - 1));
      const places = order.slice(step * size, (step + 1) * size);
      const changes = { weightOfClass, labelSmoothing, mixup };
      const time = { seed, epoch: 1, step: step + 1 };
      const { inputs } = await maker.readForTraining(rows, places, time, changes);
      const scalars = trainer.optimizer.scalars({ step: step + 1, learningRate });
      await trainer.train.run({ ...inputs, ...scalars }, trainer.state);
      const loss = (await evaluateRows(trainer, sample, { signal, shareThread }))?.valLoss ?? Number.NaN;
      if (!(loss <= BLOWN_UP * (curve[0]?.loss ?? loss))) break;
      curve.push({ learningRate, loss });
    }
  } finally {
    trainer.dispose();
  }
  return curve;
}
