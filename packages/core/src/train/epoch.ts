import type { EpochProgress } from "../checkpoint/types.ts";
import type { TrainConfig } from "../config/config.ts";
import { throwIfCancelled } from "../errors.ts";
import type { EventMaker } from "../events/event-maker.ts";
import type { TrainEvent } from "../events/events.ts";
import { predictedLabel } from "../head/outputs.ts";
import { epochOrder } from "../numbers/shuffle.ts";
import { type Batch, type BatchChanges, BatchMaker } from "./batches.ts";
import { type DivergedAt, divergedError } from "./diverged.ts";
import type { LabelledRows } from "./labelled-rows.ts";
import type { Trainer } from "./trainer.ts";

/** What a pass over the training images needs. */
interface EpochOptions {
  readonly trainer: Trainer;
  readonly config: Pick<TrainConfig, "batchSize" | "seed"> & BatchChanges;
  /** What is told of a loss that stopped being a number. */
  readonly rate: Pick<DivergedAt, "learningRate" | "option" | "optimizer">;
  /** Updates of the run before this epoch. */
  readonly runStepsBefore: number;
  /** Learning rate of a step (from 1) of this epoch. */
  readonly rateOf: (step: number) => number;
  readonly rows: LabelledRows;
  /** How much a sample of each class counts. */
  readonly classWeights: readonly number[];
  /** Counts from 1, on through the phases. */
  readonly epoch: number;
  /** The last one there may be in this phase. */
  readonly epochs: number;
  /** Updates of this phase before this epoch: what the optimiser counts from. */
  readonly stepsBefore: number;
  /** Where the epoch is taken up; moved on with each step. */
  readonly done: EpochProgress;
  /** Called between two steps, with `done` as it is. */
  readonly betweenSteps: () => AsyncGenerator<TrainEvent, void>;
  readonly events: EventMaker;
  /** True when it is time to tell of a step. */
  readonly mayReport: () => boolean;
  /** Called after each step; see `createThreadSharing`. */
  readonly shareThread: () => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/** Number of updates in one epoch: the last batch may be smaller. */
export function stepsPerEpoch(numImages: number, batchSize: number): number {
  return Math.ceil(numImages / batchSize);
}

/** Reads an epoch's batches by step (from 1), in the epoch's own order, into two arrays in turn. */
function batchReader({ trainer, config, rows, classWeights: weightOfClass, epoch }: EpochOptions) {
  const { batchSize, seed, labelSmoothing, mixup } = config;
  const { rowShape, spec, maskWidth } = trainer;
  const order = epochOrder(rows.labels.length, seed, epoch);
  const size = Math.min(batchSize, rows.labels.length);
  const [even, odd] = [0, 1].map(() => new BatchMaker(rowShape, { spec, size, maskWidth }));
  return async (step: number): Promise<Batch | undefined> => {
    const images = Array.from(order.subarray((step - 1) * batchSize, step * batchSize));
    if (images.length === 0) return undefined;
    const maker = step % 2 === 0 ? even : odd;
    const changes = { weightOfClass, labelSmoothing, mixup };
    return maker?.readForTraining(rows, images, { seed, epoch, step }, changes);
  };
}

/**
 * One pass over the training images, or what is left of one. The next batch is read while a step runs.
 *
 * Loss and accuracy are Keras's: the mean over the batches as they were trained on, each counted by its images, dropout
 * on, before the batch's own update; class weights are in the loss, not in the accuracy.
 *
 * @throws CoreError `diverged`; `cancelled` between two steps, with the state after the last one.
 */
export async function* runEpoch(
  options: EpochOptions,
): AsyncGenerator<TrainEvent, { readonly loss: number; readonly accuracy: number }> {
  const { trainer, config, rows, epoch, epochs, stepsBefore, done, events, mayReport, signal } = options;
  const { spec, optimizer, train, state } = trainer;
  const numImages = rows.labels.length;
  const steps = stepsPerEpoch(numImages, config.batchSize);
  const read = batchReader(options);
  for (let batch = await read(done.step + 1); batch; ) {
    yield* options.betweenSteps();
    throwIfCancelled(signal);
    const step = done.step + 1;
    const learningRate = options.rateOf(step);
    const { labels, inputs } = batch;
    const scalars = optimizer.scalars({ step: stepsBefore + step, learningRate });
    const running = train.run({ ...inputs, ...scalars }, state);
    const next = read(step + 1);
    next.catch(() => undefined); // thrown below, unless the step itself fails first
    const { loss: lossOutput, probabilities } = await running;
    const loss = lossOutput?.data[0] ?? Number.NaN;
    if (!Number.isFinite(loss))
      throw divergedError({
        ...{ loss, epoch, step: options.runStepsBefore + step, of: "training" },
        ...options.rate,
      });
    done.step = step;
    done.lossSum += loss * labels.length;
    for (const [row, label] of labels.entries())
      if (probabilities && predictedLabel(probabilities.data, row, spec) === label) done.correct++;
    if (mayReport()) yield events.make({ type: "step-end", epoch, epochs, step, steps, loss });
    await options.shareThread();
    batch = await next;
  }
  return { loss: done.lossSum / numImages, accuracy: done.correct / numImages };
}
