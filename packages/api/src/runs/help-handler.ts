import { CoreError, deserializeError, type WorkerHost } from "@graft/core";
import type { Job, JobContext, Jobs } from "../ports/jobs.ts";
import type { RunRepository } from "../ports/repository.ts";
import type { QueueBoard, QueueBoardOptions } from "./queue-board.ts";
import { isUnderWay } from "./run-state.ts";

/** What help is given with. */
export interface HelpContext extends Pick<JobContext, "worker" | "signal" | "groups" | "claim" | "handOver"> {
  /** The worker's. */
  readonly host: Pick<WorkerHost, "work">;
}

export interface HelpHandlerOptions {
  readonly runs: RunRepository;
  readonly jobs: Jobs;
  readonly boardOf: (job: Job, context: QueueBoardOptions["context"]) => QueueBoard;
}

/**
 * Does jobs of kind "extract": has a worker compute shards of a run that another one trains, from the one that was claimed on
 * until none waits, or a training does.
 */
export class HelpHandler {
  readonly #options: HelpHandlerOptions;

  constructor(options: HelpHandlerOptions) {
    this.#options = options;
  }

  /** @throws CoreError as a `JobHandler`, when the queue has been told of the shard. */
  readonly handle = async (job: Job, context: HelpContext): Promise<void> => {
    context.handOver();
    const board = this.#options.boardOf(job, context);
    let failure: unknown;
    try {
      await this.#help(job, board, context);
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      await board.close(failure);
    }
  };

  async #help(
    { id, subject: run, backend: group = "" }: Job,
    board: QueueBoard,
    context: HelpContext,
  ): Promise<void> {
    const { runs, jobs } = this.#options;
    const row = await runs.get(run);
    if (!row || !isUnderWay(row.state) || row.stopAsked !== null) {
      // it was left over
      await jobs.complete(id, context.worker);
      return;
    }
    const backend = group.slice(0, group.indexOf("@"));
    const signal = AbortSignal.any([context.signal, board.signal]);
    const told = context.host.work({ kind: "extract", run, backend }, { signal, shards: board });
    let next = await told.next();
    while (!next.done) next = await told.next();
    const { status, error } = next.value;
    if (error) throw deserializeError(error);
    if (status !== "completed")
      throw new CoreError("backend", { what: "The worker did not compute its shard.", received: status });
  }
}
