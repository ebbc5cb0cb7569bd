import { CoreError } from "../errors.ts";
import { createEventMaker, type EventMaker } from "../events/event-maker.ts";
import type { TrainEvent } from "../events/events.ts";
import { newRunId } from "../runs/run-id.ts";
import type { TrainOptions } from "../train/types.ts";
import { earlyEnd } from "./early-end.ts";
import { type ResumeTraining, resumeTraining } from "./resume-training.ts";
import { runTraining } from "./run-training.ts";
import { type StartTraining, startTraining } from "./start-training.ts";
import type { Training, TrainingEnd } from "./training.ts";
import type { Workspace } from "./workspace.ts";

type Asked = Pick<TrainOptions, "checkpointsAsked">;

/** How a run is opened, with events of it. */
type Opening = (start: {
  readonly id: string;
  readonly events: EventMaker;
}) => AsyncGenerator<TrainEvent, Training>;

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
  {
    id,
    firstSeqOf,
    open,
    checkpointsAsked,
  }: Asked & {
    readonly id: string;
    readonly firstSeqOf: () => Promise<number>;
    readonly open: Opening;
  },
): AsyncGenerator<TrainEvent, TrainingEnd> {
  const { now, clock, eventIntervalMs } = workspace;
  const startedAt = clock();
  let nextSeq = 0;
  let isEnded = false;
  let training: Training | undefined;
  const hear = ({ type, seq }: TrainEvent): void => {
    nextSeq = seq + 1;
    isEnded = type === "run-end";
  };
  try {
    nextSeq = await firstSeqOf();
    const early: TrainEvent[] = [];
    const events = createEventMaker({ run: id, firstSeq: nextSeq, now, intervalMs: eventIntervalMs });
    training = yield* heard(open({ id, events }), (event) => {
      hear(event);
      early.push(event);
    });
    const result = yield* heard(runTraining(workspace, training, { early, checkpointsAsked }), hear);
    return { ...result, training };
  } catch (error) {
    // a training that told its end threw a defect after it
    if (isEnded) throw error;
    const events = createEventMaker({ run: id, firstSeq: nextSeq, now });
    const { event, end } = earlyEnd(error, workspace, { events, startedAt });
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
export function trainJob(
  workspace: Workspace,
  { checkpointsAsked, ...job }: StartTraining & Asked,
): AsyncGenerator<TrainEvent, TrainingEnd> {
  const { run, firstSeq = 0 } = job;
  const id = run ?? newRunId(workspace.locate(job.dataset).shortName, workspace.now());
  return trainingEvents(workspace, {
    ...{ id, firstSeqOf: async () => firstSeq, checkpointsAsked },
    open: (start) => startTraining(workspace, job, start),
  });
}

/**
 * Goes on with a run that was stopped, as {@link trainJob}.
 * @throws CoreError `conflict` while somebody else works on the run: nothing is told in its name.
 */
export async function* resumeJob(
  workspace: Workspace,
  { checkpointsAsked, ...job }: ResumeTraining & Asked,
): AsyncGenerator<TrainEvent, TrainingEnd> {
  await (await job.run.lock())[Symbol.asyncDispose]();
  return yield* trainingEvents(workspace, {
    ...{ id: job.run.id, checkpointsAsked },
    firstSeqOf: async () => ((await job.run.readEvents()).at(-1)?.seq ?? -1) + 1,
    open: (start) => resumeTraining(workspace, job, start),
  });
}
