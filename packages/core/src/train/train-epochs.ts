import { optionsOf } from "../checkpoint/hashes.ts";
import type { CheckpointSaver } from "../checkpoint/saver.ts";
import type { Checkpoint, RunHashes } from "../checkpoint/types.ts";
import { classWeights } from "./class-weights.ts";
import type { TrainConfig } from "./config.ts";
import { divergedError, isBlownUp } from "./diverged.ts";
import { bestEpoch } from "./early-stopping.ts";
import { type EpochProgress, runEpoch, stepsPerEpoch } from "./epoch.ts";
import { evaluateRows } from "./evaluate-rows.ts";
import { createThrottle, EVENT_INTERVAL_MS, type EventMaker } from "./event-maker.ts";
import type { TrainEvent } from "./events.ts";
import type { LabelledRows } from "./labelled-rows.ts";
import { isPhaseDone, rateFlag, scheduleOf } from "./phase-plan.ts";
import { type EpochMetrics, finishEpoch, phaseHistory, type RunProgress } from "./run-progress.ts";
import { scheduledRate } from "./schedule.ts";
import type { Trainer } from "./trainer.ts";

/** 308 MB of a classic head take a disk a second or more, as long as an epoch on a few hundred images. */
const LARGE_BYTES = 64 * 2 ** 20;
/** What a power cut costs at most, of an epoch that takes longer. */
const CHECKPOINT_MS = 30_000;

/** What the epochs of one phase need. */
interface TrainEpochsOptions {
  /** Holds the parameters that `progress` stands at. */
  readonly trainer: Trainer;
  readonly config: TrainConfig;
  /** The rows that an epoch (counts from 1) trains on. */
  readonly rowsOfEpoch: (epoch: number) => AsyncGenerator<TrainEvent, LabelledRows>;
  readonly validation: LabelledRows;
  /** Moved on here. */
  readonly progress: RunProgress;
  readonly saver: CheckpointSaver;
  readonly hashes: RunHashes;
  readonly backend: Checkpoint["backend"];
  readonly events: EventMaker;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
  /** Parameters of this size and more are not waited for while they are saved. @default 64 MiB */
  readonly largeBytes?: number;
  /** Time between two checkpoints inside an epoch. @default 30 s */
  readonly checkpointMs?: number;
}

/** Saves where the training stands, one save at a time, while it goes on. */
class Checkpoints {
  readonly #options: TrainEpochsOptions;
  #parameters: ReadonlyMap<string, Float32Array> | undefined;
  #saved: { readonly epoch: number; readonly step: number };
  #time: number;

  constructor(options: TrainEpochsOptions) {
    this.#options = options;
    this.#saved = this.#standing;
    this.#time = options.now();
  }

  /** Between two steps: when the run is being stopped, the last chance, or when much was done since the last one. */
  async *betweenSteps(): AsyncGenerator<TrainEvent, void> {
    const { signal, now, saver, checkpointMs = CHECKPOINT_MS } = this.#options;
    const isDue = now() - this.#time >= checkpointMs && !saver.isSaving;
    if ((signal?.aborted || isDue) && this.#isBehind) yield* this.save();
  }

  /** After an epoch: not while a large one is still being written. */
  async *afterEpoch(): AsyncGenerator<TrainEvent, void> {
    const { saver, trainer, largeBytes = LARGE_BYTES } = this.#options;
    if (!saver.isSaving || trainer.parameterBytes < largeBytes) yield* this.save();
  }

  async *save(): AsyncGenerator<TrainEvent, void> {
    const { saver, trainer, config, hashes, backend, progress, events, now } = this.#options;
    const saved = await saver.finish();
    // the arrays of the checkpoint before are free again: it is on disk
    this.#parameters = await trainer.readParameters(this.#parameters);
    this.#saved = this.#standing;
    this.#time = now();
    const partial = progress.partial && progress.partial.step > 0 ? { ...progress.partial } : null;
    saver.start({
      ...{ version: 1, hashes, backend, ...progress, partial },
      options: optionsOf(config),
      parameters: this.#parameters,
    });
    if (saved) yield events.make(checkpointEvent(saved));
  }

  get #isBehind(): boolean {
    const { epoch, step } = this.#standing;
    return epoch !== this.#saved.epoch || step !== this.#saved.step;
  }

  get #standing(): { readonly epoch: number; readonly step: number } {
    const { epoch, partial } = this.#options.progress;
    return { epoch, step: partial?.step ?? 0 };
  }
}

/** What is told of a checkpoint that is on disk. */
export function checkpointEvent({ epoch, step }: { readonly epoch: number; readonly step: number }) {
  return { type: "checkpoint", epoch, ...(step > 0 ? { step } : {}) } as const;
}

/** One epoch, or the rest of one: all batches, then the validation images. @throws CoreError `diverged`, `cancelled`. */
async function* passOnce(
  options: TrainEpochsOptions,
  checkpoints: Checkpoints,
  mayReport: () => boolean,
): AsyncGenerator<TrainEvent, { readonly metrics: EpochMetrics; readonly steps: number }> {
  const { trainer, config, progress, signal, events } = options;
  const epoch = progress.epoch + 1;
  const rows = yield* options.rowsOfEpoch(epoch);
  const steps = stepsPerEpoch(rows.labels.length, config.batchSize);
  const stepsBefore = progress.step - progress.phase.step;
  const history = phaseHistory(progress);
  const schedule = scheduleOf(config, progress.phase.name);
  const { optimizer } = config;
  const rate = { learningRate: schedule.learningRate, flag: rateFlag(progress.phase.name), optimizer };
  const done: EpochProgress = progress.partial ?? { step: 0, lossSum: 0, correct: 0 };
  progress.partial = done;
  const trained = yield* runEpoch({
    ...{ trainer, config, rows, epoch, events, mayReport, signal, stepsBefore, done },
    epochs: progress.phase.epoch + schedule.epochs,
    ...{ rate, runStepsBefore: progress.step },
    classWeights: classWeights(config.classWeights, rows.labels, trainer.spec.numClasses),
    rateOf: (step) =>
      scheduledRate(schedule, { step: stepsBefore + step - 1, stepsPerEpoch: steps, history }),
    betweenSteps: () => checkpoints.betweenSteps(),
  });
  let held: Awaited<ReturnType<typeof evaluateRows>>;
  try {
    held = await evaluateRows(trainer, options.validation, signal);
  } catch (error) {
    // stopped meanwhile: the epoch's steps are all there
    yield* checkpoints.betweenSteps();
    throw error;
  }
  const step = progress.step + steps;
  if (held && isBlownUp(held.valLoss))
    throw divergedError({ ...{ loss: held.valLoss, epoch, step, of: "validation" }, ...rate });
  if (isBlownUp(trained.loss))
    throw divergedError({ ...{ loss: trained.loss, epoch, step, of: "training" }, ...rate });
  return { metrics: { ...trained, ...held }, steps };
}

/**
 * Trains the phase that `progress` is in until its epochs are done or the validation loss stops getting lower. A checkpoint
 * is written while the training goes on, after each epoch and every 30 seconds inside long ones; the last one may still be
 * under way at the end (`saver.finish`). A large head does not wait for a disk that is slower than its epochs: while a
 * checkpoint is being written, the epochs that end get none. A run that is cancelled saves its last step.
 *
 * @throws CoreError `diverged`, `cancelled`, and what saving threw; then `progress` is that of the last finished epoch and
 *   of the steps after it.
 */
export async function* trainEpochs(options: TrainEpochsOptions): AsyncGenerator<TrainEvent, void> {
  const { trainer, config, progress, events, now } = options;
  // one for all epochs: those of the gap head take some milliseconds
  const mayReport = createThrottle(EVENT_INTERVAL_MS, now);
  const checkpoints = new Checkpoints(options);
  const epochs = progress.phase.epoch + scheduleOf(config, progress.phase.name).epochs;
  while (!isPhaseDone(progress, config)) {
    const start = now();
    const { metrics, steps } = yield* passOnce(options, checkpoints, mayReport);
    const best = bestEpoch([...progress.history, metrics]) === progress.epoch + 1;
    const values = best ? await trainer.readWeights() : undefined;
    const seconds = (now() - start) / 1000;
    finishEpoch(progress, { metrics, steps, seconds, ...(values ? { values } : {}) });
    const { epoch } = progress;
    yield* checkpoints.afterEpoch();
    yield events.make({ type: "epoch-end", epoch, epochs, ...metrics, seconds, best });
  }
}
