import type { CheckpointSaver } from "../checkpoint/saver.ts";
import type { Checkpoint, RunHashes } from "../checkpoint/types.ts";
import { classWeights } from "./class-weights.ts";
import type { TrainConfig } from "./config.ts";
import { divergedError } from "./diverged.ts";
import { bestEpoch, shouldStop } from "./early-stopping.ts";
import { runEpoch, stepsPerEpoch } from "./epoch.ts";
import { evaluateRows } from "./evaluate-rows.ts";
import { createThrottle, EVENT_INTERVAL_MS, type EventMaker } from "./event-maker.ts";
import type { TrainEvent } from "./events.ts";
import type { HeadTrainer } from "./head-trainer.ts";
import type { LabelledRows } from "./labelled-rows.ts";
import { type EpochMetrics, finishEpoch, type RunProgress } from "./run-progress.ts";

/** 308 MB of a classic head take a disk a second or more, as long as an epoch on a few hundred images. */
const LARGE_BYTES = 64 * 2 ** 20;

/** What the epochs of a head need. */
interface TrainHeadOptions {
  /** Holds the parameters that `progress` stands at. */
  readonly trainer: HeadTrainer;
  readonly config: TrainConfig;
  /** The rows that an epoch (counts from 1) trains on. */
  readonly rowsOfEpoch: (epoch: number) => AsyncGenerator<TrainEvent, LabelledRows>;
  readonly validation: LabelledRows;
  /** Moved on here, by whole epochs. */
  readonly progress: RunProgress;
  readonly saver: CheckpointSaver;
  readonly hashes: RunHashes;
  readonly backend: Checkpoint["backend"];
  readonly events: EventMaker;
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
  /** Parameters of this size and more are not waited for while they are saved. @default 64 MiB */
  readonly largeBytes?: number;
}

/** True when no epoch is left to be trained. */
export function isTrained({ epoch, history }: RunProgress, config: TrainConfig): boolean {
  return epoch >= config.epochs || shouldStop(history, config.earlyStop);
}

/** One epoch: all batches, then the validation images. @throws CoreError `diverged`, `cancelled`. */
async function* passOnce(
  options: TrainHeadOptions,
  mayReport: () => boolean,
): AsyncGenerator<TrainEvent, { readonly metrics: EpochMetrics; readonly steps: number }> {
  const { trainer, config, progress, signal, events } = options;
  const epoch = progress.epoch + 1;
  const rows = yield* options.rowsOfEpoch(epoch);
  const weights = classWeights(config.classWeights, rows.labels, trainer.spec.numClasses);
  const trained = yield* runEpoch({
    ...{ trainer, config, rows, epoch, events, mayReport, signal },
    classWeights: weights,
    stepsBefore: progress.step,
  });
  const steps = stepsPerEpoch(rows.labels.length, config.batchSize);
  const held = await evaluateRows(trainer, options.validation, signal);
  if (held && !Number.isFinite(held.valLoss)) {
    const { learningRate } = config;
    throw divergedError({
      ...{ loss: held.valLoss, epoch, learningRate },
      step: progress.step + steps,
      of: "validation",
    });
  }
  return { metrics: { ...trained, ...held }, steps };
}

/**
 * Trains until the epochs are done or the validation loss stops getting lower. The checkpoint of an epoch is written
 * while the next one runs; the last one may still be under way at the end (`saver.finish`). A large head does not wait for
 * a disk that is slower than its epochs: while a checkpoint is being written, the epochs that end get none, but for the
 * one that the run is cancelled after.
 *
 * @throws CoreError `diverged`, `cancelled`, and what saving threw; then `progress` is that of the last finished epoch.
 */
export async function* trainHead(options: TrainHeadOptions): AsyncGenerator<TrainEvent, void> {
  const { trainer, config, progress, saver, hashes, backend, events, now, signal } = options;
  const { largeBytes = LARGE_BYTES } = options;
  // one for all epochs: those of the gap head take some milliseconds
  const mayReport = createThrottle(EVENT_INTERVAL_MS, now);
  let parameters: ReadonlyMap<string, Float32Array> | undefined;
  let savedEpoch = progress.epoch;
  const save = async (): Promise<number | undefined> => {
    const saved = await saver.finish();
    // the arrays of the checkpoint before are free again: it is on disk
    parameters = await trainer.readParameters(parameters);
    savedEpoch = progress.epoch;
    saver.start({ version: 1, hashes, backend, ...progress, parameters });
    return saved;
  };
  while (!isTrained(progress, config)) {
    if (signal?.aborted && savedEpoch < progress.epoch) {
      // the last chance: the next step moves the parameters on
      const saved = await save();
      if (saved !== undefined) yield events.make({ type: "checkpoint", epoch: saved });
    }
    const start = now();
    const { metrics, steps } = yield* passOnce(options, mayReport);
    const best = bestEpoch([...progress.history, metrics]) === progress.epoch + 1;
    const values = best ? await trainer.readWeights() : undefined;
    const seconds = (now() - start) / 1000;
    finishEpoch(progress, { metrics, steps, seconds, ...(values ? { values } : {}) });
    const { epoch } = progress;
    if (!saver.isSaving || trainer.parameterBytes < largeBytes) {
      const saved = await save();
      if (saved !== undefined) yield events.make({ type: "checkpoint", epoch: saved });
    }
    yield events.make({ type: "epoch-end", epoch, epochs: config.epochs, ...metrics, seconds, best });
  }
}
