import type { EpochProgress } from "../checkpoint/types.ts";
import { createThreadSharing } from "../concurrency/event-loop-turn.ts";
import { CoreError, isCancelled } from "../errors.ts";
import { createThrottle } from "../events/event-maker.ts";
import type { TrainEvent } from "../events/events.ts";
import { CheckpointKeeper, type CheckpointKeeperOptions } from "./checkpoint-keeper.ts";
import { classWeights } from "./class-weights.ts";
import { divergedError, isBlownUp } from "./diverged.ts";
import { bestEpoch } from "./early-stopping.ts";
import { runEpoch, stepsPerEpoch } from "./epoch.ts";
import { evaluateRows } from "./evaluate-rows.ts";
import type { LabelledRows } from "./labelled-rows.ts";
import { isPhaseDone, rateOption, scheduleOf } from "./phase-plan.ts";
import { type EpochMetrics, finishEpoch, phaseHistory } from "./run-progress.ts";
import { scheduledRate } from "./schedule.ts";

/** What the epochs of one phase need. */
interface TrainEpochsOptions extends CheckpointKeeperOptions {
  /** The rows that an epoch (counts from 1) trains on. */
  readonly rowsOfEpoch: (epoch: number) => AsyncGenerator<TrainEvent, LabelledRows>;
  readonly validation: LabelledRows;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
}

/** The images of an epoch, which may take minutes to be computed. */
async function* rowsBesideCheckpoints(
  rowsOfEpoch: AsyncGenerator<TrainEvent, LabelledRows>,
  keeper: CheckpointKeeper,
): AsyncGenerator<TrainEvent, LabelledRows> {
  const made: { rows?: LabelledRows } = {};
  const making = (async function* () {
    made.rows = yield* rowsOfEpoch;
  })();
  for await (const event of making) {
    yield event;
    yield* keeper.whenDue();
  }
  if (!made.rows) throw new TypeError("an epoch has rows");
  return made.rows;
}

/** One epoch, or the rest of one: all batches, then the validation images. @throws CoreError `diverged`, `cancelled`. */
async function* passOnce(
  options: TrainEpochsOptions,
  keeper: CheckpointKeeper,
  pauses: { readonly mayReport: () => boolean; readonly shareThread: () => Promise<void> },
): AsyncGenerator<TrainEvent, { readonly metrics: EpochMetrics; readonly steps: number }> {
  const { trainer, config, progress, signal, events } = options;
  const epoch = progress.epoch + 1;
  const rows = yield* rowsBesideCheckpoints(options.rowsOfEpoch(epoch), keeper);
  const steps = stepsPerEpoch(rows.labels.length, config.batchSize);
  const stepsBefore = progress.step - progress.phase.step;
  const history = phaseHistory(progress);
  const schedule = scheduleOf(config, progress.phase.name);
  const { optimizer } = config;
  const rate = { learningRate: schedule.learningRate, option: rateOption(progress.phase.name), optimizer };
  const done: EpochProgress = progress.partial ?? { step: 0, lossSum: 0, correct: 0 };
  progress.partial = done;
  const trained = yield* runEpoch({
    ...{ trainer, config, rows, epoch, events, signal, stepsBefore, done, ...pauses },
    epochs: progress.phase.epoch + schedule.epochs,
    ...{ rate, runStepsBefore: progress.step },
    classWeights: classWeights(config.classWeights, rows.labels, trainer.spec.numClasses),
    rateOf: (step) =>
      scheduledRate(schedule, { step: stepsBefore + step - 1, stepsPerEpoch: steps, history }),
    betweenSteps: () => keeper.whenDue(),
  });
  const held = await evaluateRows(trainer, options.validation, {
    signal,
    shareThread: pauses.shareThread,
    betweenBatches: () => keeper.keepWhenDue(),
  });
  const step = progress.step + steps;
  if (held && isBlownUp(held.valLoss))
    throw divergedError({ ...{ loss: held.valLoss, epoch, step, of: "validation" }, ...rate });
  if (isBlownUp(trained.loss))
    throw divergedError({ ...{ loss: trained.loss, epoch, step, of: "training" }, ...rate });
  return { metrics: { ...trained, ...held }, steps };
}

/** Errors after which the engine still holds the last step, and the disk may have room for it. */
function isKeepable(error: unknown): boolean {
  return error instanceof CoreError && !["diverged", "backend", "disk-full"].includes(error.code);
}

/**
 * Trains the phase that `progress` is in until its epochs are done or the validation loss stops getting lower. Checkpoints
 * are written while the training goes on, when `pace` says so, whatever of an epoch is done then; the phase's end leaves one
 * without its weights and slots, which may still be under way (`saver.finish`). A run that is cancelled, or whose images
 * cannot be had any more, saves its last step.
 *
 * @throws CoreError `diverged`, `cancelled`, and what saving threw; then `progress` is that of the last finished epoch and
 *   of the steps after it.
 */
export async function* trainEpochs(options: TrainEpochsOptions): AsyncGenerator<TrainEvent, void> {
  const { trainer, config, progress, events, now } = options;
  // one for all epochs: those of the gap head take some milliseconds
  const pauses = {
    mayReport: createThrottle(events.intervalMs, now),
    shareThread: createThreadSharing(),
  };
  const keeper = new CheckpointKeeper(options);
  const epochs = progress.phase.epoch + scheduleOf(config, progress.phase.name).epochs;
  try {
    while (!isPhaseDone(progress, config)) {
      const start = now();
      const { metrics, steps } = yield* passOnce(options, keeper, pauses);
      const best = bestEpoch([...progress.history, metrics]) === progress.epoch + 1;
      const values = best ? await trainer.readWeights() : undefined;
      const seconds = (now() - start) / 1000;
      finishEpoch(progress, { metrics, steps, seconds, ...(values ? { values } : {}) });
      const { epoch } = progress;
      yield* keeper.whenDue();
      yield events.make({ type: "epoch-end", epoch, epochs, ...metrics, seconds, best });
    }
  } catch (error) {
    if (isKeepable(error) && !isCancelled(options.signal)) yield* keeper.stop();
    throw error;
  }
  yield* keeper.phaseEnd();
}
