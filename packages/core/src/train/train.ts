import { backendDifference } from "../checkpoint/hashes.ts";
import type { SavedPoint } from "../checkpoint/saver.ts";
import { CoreError, isCancelled, serializeError } from "../errors.ts";
import { createEventMaker } from "../events/event-maker.ts";
import type { RunStatus, TrainEvent } from "../events/events.ts";
import { highLoss } from "./high-loss.ts";
import { isTrained, rateOption, scheduleOf } from "./phase-plan.ts";
import { openRunContext, type RunContext } from "./run-context.ts";
import { phaseHistory, progressOf } from "./run-progress.ts";
import { savePhase } from "./save-phase.ts";
import { savedCheckpoint, trainingPhases } from "./training-phases.ts";
import type { TrainOptions, TrainResult } from "./types.ts";

/** The first events: what the run is, and what to know about going on. */
function* startEvents(context: RunContext): Generator<TrainEvent, void> {
  const { options, events, images, resumed, fallbacks } = context;
  yield events.make({
    type: "run-start",
    ...(resumed ? { resumedFromEpoch: resumed.epoch } : {}),
    labels: options.dataset.labels,
    images: {
      train: images.train.length,
      validation: images.validation.length,
      test: images.test.length,
    },
    backend: options.backend.id,
    weights: options.weights.source,
  });
  for (const message of fallbacks) yield events.make({ type: "warning", code: "corrupt", message });
  const difference = resumed && backendDifference(resumed.backend, context.backend);
  if (difference) yield events.make({ type: "warning", code: "other-backend", message: difference });
}

const isStop = (error: unknown): boolean => error instanceof CoreError && error.code === "cancelled";

function statusOf(failure: unknown, signal: AbortSignal | undefined): RunStatus {
  if (failure === undefined) return "completed";
  if (!isStop(failure) || !signal?.aborted) return "failed";
  return isCancelled(signal) ? "cancelled" : "interrupted";
}

/**
 * How far the run is for whoever comes later: with a model to its last epoch, else to what is on disk, as the last seconds
 * may have no checkpoint, and none is there when the disk was full from the start.
 */
function standing(context: RunContext | undefined, hasModel: boolean): SavedPoint {
  const { epoch, history, best } = context?.progress ?? progressOf(undefined);
  const reached = { epoch, step: 0, last: history.at(-1), best: best ?? undefined };
  return context && !hasModel ? context.saver.saved : reached;
}

/** What is said last. */
function endOf(result: TrainResult, { last }: SavedPoint) {
  const { model: _, where, ...told } = result;
  return {
    type: "run-end",
    ...told,
    ...(last ? { lastEpoch: last } : {}),
    ...(where === undefined ? {} : { model: where }),
  } as const;
}

function* endWarnings({ options, progress, events, spec }: RunContext): Generator<TrainEvent, void> {
  const { learningRate } = scheduleOf(options.config, progress.phase.name);
  const option = rateOption(progress.phase.name);
  const message = highLoss(phaseHistory(progress), { learningRate, numClasses: spec.numClasses, option });
  if (message !== undefined) yield events.make({ type: "warning", code: "high-loss", message });
}

/**
 * Trains a head: features of every image once, then the epochs on them, then the model of the best epoch.
 *
 * Events are yielded as the work goes; the work waits while the caller is busy with one. Nothing opened here outlives
 * the generator, also when the caller leaves early (`return`), and then no `run-end` is told.
 *
 * A run whose `checkpoints` hold something goes on from there: bit for bit as if it had never stopped, on the same
 * backend. Aborting the signal stops after the running step: "interrupted", where `epochs` says which finished ones are in
 * the checkpoint, or "cancelled" (see `StopReason`), where nothing more is kept.
 *
 * @returns the result; a CoreError (`conflict` for a checkpoint of another run, `diverged`, `backend`, `disk-full` …) is
 *   told by `run-end` and in the result, not thrown.
 * @throws what is no CoreError (a defect), after `run-end`.
 */
export async function* train(options: TrainOptions): AsyncGenerator<TrainEvent, TrainResult> {
  const { run, backend, signal, firstSeq = 0, now = Date.now, eventIntervalMs } = options;
  const { clock = options.now ?? (() => performance.now()) } = options;
  const events = createEventMaker({ run, firstSeq, now, intervalMs: eventIntervalMs });
  const start = clock();
  let context: RunContext | undefined;
  let saved: Pick<TrainResult, "model" | "where"> = {};
  let failure: unknown;
  try {
    try {
      context = await openRunContext(options, { events, now, clock });
      yield* startEvents(context);
      if (!isTrained(context.progress, options.config)) yield* trainingPhases(context);
      yield* endWarnings(context);
    } catch (error) {
      failure = error;
    }
    try {
      const best = context?.progress.best;
      // a diverged run has something to show too: the epochs before
      const diverged = failure instanceof CoreError && failure.code === "diverged";
      if (context && best && (failure === undefined || diverged)) saved = yield* savePhase(context, best);
    } catch (error) {
      failure ??= error;
    }
    try {
      // a large one may take a second more, while which the model was written
      if (context && !isCancelled(signal)) yield* savedCheckpoint(context);
    } catch (error) {
      // who stopped a run must hear that what it did is not on disk; with its model saved, nothing goes on from that
      if (saved.model === undefined && (failure === undefined || isStop(failure))) failure = error;
    }
  } finally {
    // also when the caller leaves early
    await context?.saver.settle();
  }
  const stand = standing(context, failure === undefined || saved.model !== undefined);
  const { epoch: epochs, step: steps, best } = stand;
  const result: TrainResult = {
    status: statusOf(failure, signal),
    ...saved,
    epochs,
    ...(steps > 0 ? { steps } : {}),
    ...(best ? { metrics: saved.model?.manifest.metrics ?? best.metrics, keptEpoch: best.epoch } : {}),
    ...(failure === undefined ? {} : { error: serializeError(failure) }),
  };
  // of a run that was begun by an older graft, which took a clock that may have been set back
  const before = Math.max(0, context?.resumed?.seconds ?? 0);
  const seconds = (clock() - start) / 1000 + before;
  yield events.make({ ...endOf(result, stand), seconds, backend: backend.id });
  if (failure !== undefined && !(failure instanceof CoreError)) throw failure;
  return result;
}
