import {
  CoreError,
  isCancelled,
  type RunEndEvent,
  recordOfEnd,
  type StoredRun,
  serializeError,
  type TrainEvent,
  type Work,
  type WorkEnd,
  type WorkerHost,
} from "@graft/core";
import type { Clock } from "../ports/clock.ts";
import type { Job, JobContext } from "../ports/jobs.ts";
import type { DatasetRepository, RunRepository } from "../ports/repository.ts";
import type { RunRow } from "../ports/rows.ts";
import { isWorkerGone } from "./digest.ts";
import type { RunDigests } from "./digests.ts";
import type { QueueBoard, QueueBoardOptions } from "./queue-board.ts";
import type { RunEnding } from "./run-ending.ts";
import type { RunEvents } from "./run-events.ts";
import { isTaken, type RunLocks } from "./run-lock.ts";
import { isUnderWay, UNDER_WAY } from "./run-state.ts";
import type { RunWorkspace } from "./run-workspace.ts";

/** Workers that a run may take with it before it is left to its owner. */
const MOST_LOST = 4;

/** What a training is done with. */
export interface TrainContext {
  readonly worker: string;
  readonly signal: AbortSignal;
  /** True: who stopped it is the host, and it is gone on with elsewhere. False: its owner. */
  readonly isForHost: () => boolean;
  /** Something was kept that the next worker goes on from. */
  readonly hasKept: () => void;
  readonly groups: JobContext["groups"];
  readonly claim: JobContext["claim"];
  /** The worker's. */
  readonly host: Pick<WorkerHost, "work">;
}

export interface TrainHandlerOptions {
  readonly runs: RunRepository;
  readonly datasets: Pick<DatasetRepository, "get">;
  readonly workspace: RunWorkspace;
  readonly events: RunEvents;
  readonly digests: RunDigests;
  readonly ending: RunEnding;
  readonly locks: RunLocks;
  readonly boardOf: (job: Job, context: QueueBoardOptions["context"]) => QueueBoard;
  readonly clock: Clock;
}

/** A run under way cannot be worked on by two: whoever waits for long does so in the line. */
const busy = (run: string): CoreError =>
  new CoreError("busy", { what: "Somebody works on this run already.", received: run });

const workerGone = (run: string): CoreError =>
  new CoreError("backend", {
    what: "The worker is gone; the run goes on from what was kept.",
    received: run,
  });

const stoppedByHost = (): CoreError =>
  new CoreError("cancelled", { what: "The host ends; the run goes on later." });

/**
 * Does jobs of kind "train" with a worker of the host: begins a run or goes on with it, stores its events, and has the run's row
 * say what came of it.
 */
export class TrainHandler {
  readonly #options: TrainHandlerOptions;

  constructor(options: TrainHandlerOptions) {
    this.#options = options;
  }

  /**
   * @returns when the run is over, or somebody else has it.
   * @throws CoreError as a `JobHandler`: `cancelled` when the host ends, `backend` when the worker is gone, `unreadable`,
   *   `disk-full` and `busy` when the host is in trouble; the run waits for the next worker then.
   */
  readonly handle = async (job: Job, context: TrainContext): Promise<void> => {
    const { runs, workspace, ending, locks } = this.#options;
    const run = job.subject;
    const isFree = await locks.whenFree(run, context.signal).catch((error: unknown) => {
      if (context.isForHost()) throw error;
      return true;
    });
    const row = await runs.get(run);
    // removed, or a job for what another one did
    if (!row || !isUnderWay(row.state)) return;
    if (!isFree) throw busy(run);
    const { signal } = context;
    const asked = row.stopAsked ?? (signal.aborted ? (isCancelled(signal) ? "cancel" : "interrupt") : null);
    if (asked !== null) return ending.stopped(row, asked);
    const begun = await workspace.begun(run);
    if (await this.#wasOver(row, begun)) return;
    await this.#work(job, row, begun ? resume(run) : await this.#beginning(row), context);
  };

  async #beginning({ id, config, dataset, lastSeq }: RunRow): Promise<Work> {
    const { name = dataset } = (await this.#options.datasets.get(dataset)) ?? {};
    return {
      ...{ kind: "train", config, dataset: id, datasetName: name },
      ...{ run: id, firstSeq: lastSeq + 1 },
    };
  }

  /** An end that was told, but that the row does not have: its host was killed in between. */
  async #wasOver(row: RunRow, begun: StoredRun | undefined): Promise<boolean> {
    const { digests, ending } = this.#options;
    const { end } = await digests.of(row.id);
    const isEnd = end && (end.status === "completed" || end.status === "cancelled");
    // one that waits and has failed is gone on with because its owner wants it
    const isFailure = end?.status === "failed" && row.state === "running";
    if (!end || !(isEnd || isFailure)) return false;
    // also where its record says so already: what it would be gone on from may be there still
    if (begun && (isEnd || begun.record.status !== end.status)) await recordEnd(begun, end);
    await ending.over(row.id, end.status, { metrics: end.metrics ?? null, error: end.error ?? null });
    return true;
  }

  async #work(job: Job, row: RunRow, work: Work, context: TrainContext): Promise<void> {
    const { runs, events, ending, clock } = this.#options;
    const { worker, host, signal } = context;
    const begins = {
      state: "running",
      startedAt: row.startedAt ?? clock(),
      endedAt: null,
      error: null,
    } as const;
    if (!(await runs.update(row.id, { ...begins, worker }, UNDER_WAY))) return;
    events.changed(row.id);
    const shards = this.#options.boardOf(job, context);
    try {
      const end = await this.#follow(row, host.work(work, { signal, shards }), context).finally(() =>
        events.flush(row.id),
      );
      await shards.close(isWorkerGone(end) ? workerGone(row.id) : undefined);
      await this.#settle(row, end, context);
    } catch (error) {
      // removed meanwhile: nobody waits for it
      if (error instanceof CoreError && error.code === "not-found" && !(await runs.get(row.id))) return;
      if (error instanceof CoreError) await ending.waits(row.id, worker).catch(() => undefined);
      // a defect of the worker would come again
      else await ending.over(row.id, "failed", { error: serializeError(error) });
      throw error;
    } finally {
      await shards.close();
      await events.left(row.id);
    }
  }

  /** Stores what is told. */
  async #follow(
    row: RunRow,
    told: AsyncGenerator<TrainEvent, WorkEnd>,
    { hasKept }: TrainContext,
  ): Promise<WorkEnd> {
    const { events, digests } = this.#options;
    let { features, lastSeq } = await digests.of(row.id);
    for (;;) {
      const next = await told.next();
      if (next.done) return next.value;
      const event = ofRun(row.id, next.value, lastSeq);
      // what is told of it now is told by somebody else
      if (event.type === "run-end" && isTaken(event.error, row.id)) throw busy(row.id);
      await events.append(row.id, [event]);
      lastSeq = Math.max(lastSeq, event.seq);
      const isFurther = event.type === "progress" && event.phase === "features" && event.done > features;
      if (isFurther) features = event.done;
      if (isFurther || event.type === "checkpoint") hasKept();
    }
  }

  async #settle(row: RunRow, end: WorkEnd, { signal, isForHost }: TrainContext): Promise<void> {
    const { digests, ending } = this.#options;
    const { status, metrics = null, error = null } = end;
    if (status !== "interrupted")
      return ending.over(row.id, status, { metrics, error: status === "failed" ? error : null });
    if (signal.aborted && !isForHost()) {
      // one that is given up has that as its end, also when its worker died of it
      if (isCancelled(signal)) return ending.stopped(row, "cancel");
      return ending.over(row.id, status, { metrics, error: null });
    }
    if (signal.aborted || !isWorkerGone(end)) throw stoppedByHost();
    if ((await digests.of(row.id)).lost < MOST_LOST) throw workerGone(row.id);
    await ending.over(row.id, status, { metrics, error });
  }
}

const resume = (run: string): Work => ({ kind: "resume", run, mayReplace: true });

/** A worker's host tells an end in no run's name when the worker told nothing. */
function ofRun(run: string, event: TrainEvent, lastSeq: number): TrainEvent {
  return event.run === run ? event : { ...event, run, seq: lastSeq + 1 };
}

async function recordEnd(run: StoredRun, end: RunEndEvent): Promise<void> {
  await using _lock = await run.lock();
  await run.updateRecord(recordOfEnd(end));
  const { status } = end;
  if (status === "completed" || status === "cancelled") await run.checkpoints.clear();
}
