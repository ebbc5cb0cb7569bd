import { CoreError, isCancelled, serializeError } from "../errors.ts";
import { createEventMaker, type EventMaker } from "../events/event-maker.ts";
import type { TrainEvent } from "../events/events.ts";
import { newRunId } from "../runs/run-id.ts";
import { type ResumeTraining, resumeTraining } from "./resume-training.ts";
import { runTraining } from "./run-training.ts";
import { type StartTraining, startTraining } from "./start-training.ts";
import type { Training, TrainingEnd } from "./training.ts";
import type { Workspace } from "./workspace.ts";

/** How a run is opened, with events of it. */
type Opening = (start: {
  readonly id: string;
  readonly events: EventMaker;
}) => AsyncGenerator<TrainEvent, Training>;

/** The last event of a run that ended before its first step. */
function earlyEnd(
  error: unknown,
  { signal, clock }: Pick<Workspace, "signal" | "clock">,
  { events, start }: { readonly events: EventMaker; readonly start: number },
): { readonly event: TrainEvent; readonly end: TrainingEnd } {
  const isStop = signal.aborted && error instanceof CoreError && error.code === "cancelled";
  const status = isStop ? (isCancelled(signal) ? "cancelled" : "interrupted") : "failed";
  const end = { status, epochs: 0, error: serializeError(error) } as const;
  const seconds = (clock() - start) / 1000;
  return { end, event: events.make({ type: "run-end", ...end, seconds, backend: "" }) };
}

/** The events of `told`, each heard of before it is yielded, and its result. */
async function* heard<T>(
  told: AsyncGenerator<TrainEvent, T>,
  hear: (event: TrainEvent) => void,
): AsyncGenerator<TrainEvent, T> {
  const ended: T[] = [];
  const telling = (async function* () {
    ended.push(yield* told);
  })();
  for await (const event of telling) {
    hear(event);
    yield event;
  }
  const [result] = ended;
  if (result === undefined) throw new TypeError("what has told all has ended");
  return result;
}

async function* trainingEvents(
  workspace: Workspace,
  { id, firstSeq, open }: { readonly id: string; readonly firstSeq: number; readonly open: Opening },
): AsyncGenerator<TrainEvent, TrainingEnd> {
  const { now, clock } = workspace;
  const start = clock();
  const told: TrainEvent[] = [];
  let training: Training | undefined;
  try {
    const events = createEventMaker({ run: id, firstSeq, now });
    training = yield* heard(open({ id, events }), (event) => void told.push(event));
    const early = [...told];
    const result = yield* heard(runTraining(workspace, training, early), (event) => void told.push(event));
    return { ...result, training };
  } catch (error) {
    // a training that told its end threw a defect after it
    if (told.at(-1)?.type === "run-end") throw error;
    const events = createEventMaker({ run: id, firstSeq: (told.at(-1)?.seq ?? firstSeq - 1) + 1, now });
    const { event, end } = earlyEnd(error, workspace, { events, start });
    yield event;
    if (!(error instanceof CoreError)) throw error;
    return { ...end, ...(training ? { training } : {}) };
  }
}

/**
 * Trains a head on a data set: opens it, makes a run, and runs that to its end.
 *
 * The last event is `run-end`, also when it fails before the first step; until there is a run, its events are told under
 * the id that it will have.
 * @returns how it ended; a CoreError is in the result, not thrown.
 * @throws what is no CoreError (a defect), after `run-end`.
 */
export function trainJob(workspace: Workspace, job: StartTraining): AsyncGenerator<TrainEvent, TrainingEnd> {
  const id = newRunId(workspace.locate(job.dataset).shortName, workspace.now());
  return trainingEvents(workspace, {
    ...{ id, firstSeq: 0 },
    open: (start) => startTraining(workspace, job, start),
  });
}

/** Goes on with a run that was stopped, as {@link trainJob}. */
export async function* resumeJob(
  workspace: Workspace,
  job: ResumeTraining,
): AsyncGenerator<TrainEvent, TrainingEnd> {
  const logged = await job.run.readEvents();
  const firstSeq = (logged.at(-1)?.seq ?? -1) + 1;
  return yield* trainingEvents(workspace, {
    ...{ id: job.run.id, firstSeq },
    open: (start) => resumeTraining(workspace, job, start),
  });
}
