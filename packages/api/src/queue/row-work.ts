import { CoreError, type ErrorCode, serializeError } from "@graft/core";
import { type Clock, newId } from "../ports/clock.ts";
import { inPages } from "../ports/in-pages.ts";
import type { Job, JobContext, JobKind, Jobs } from "../ports/jobs.ts";
import type { Page, PageRequest } from "../ports/paging.ts";
import type { WorkChange, WorkRow, WorkState } from "../ports/work-rows.ts";
import { isUnderWay, UNDER_WAY } from "../runs/run-state.ts";
import type { RowChanges } from "./row-changes.ts";
import { updateUnderWay } from "./update-under-way.ts";

/** Workers that some work may take with it. */
const MOST_LOST = 4;
/** Times that a host's own trouble may cut work off: who claims it pauses longer each time, ten minutes in all. */
const MOST_TROUBLES = 15;

/** Rows of work, each with a job of the queue while it is under way. */
export interface WorkRows<Row> {
  get(id: string): Promise<Row | undefined>;
  page(request: PageRequest & { readonly states: readonly WorkState[] }): Promise<Page<Row>>;
  update(id: string, change: WorkChange, from?: readonly WorkState[]): Promise<boolean>;
}

export interface RowWorkParts<Row extends WorkRow> {
  readonly rows: WorkRows<Row>;
  readonly jobs: Jobs;
  readonly clock: Clock;
  readonly changes: RowChanges<Row>;
  /** What may be well again in a moment where this work is done: it goes back into the line, some times. @default nothing */
  readonly passing?: readonly ErrorCode[];
  /** That a worker must have for it. @default any will do */
  readonly backendOf?: (row: Row) => string | undefined;
}

/** What is the same for all work that has a row and a job: into the line, done, cut off and done again, stopped. */
export class RowWork<Row extends WorkRow & { readonly kind: JobKind }> {
  readonly #parts: RowWorkParts<Row>;

  constructor(parts: RowWorkParts<Row>) {
    this.#parts = parts;
  }

  /** Puts work into the line. Its job has its own id, so that who submits it twice submits it once, unless that job is over. */
  async submit(row: Row, request?: string): Promise<void> {
    const { jobs } = this.#parts;
    const { id, owner, kind } = row;
    const backend = this.#parts.backendOf?.(row);
    const known = await jobs.get(id);
    const isOver = known !== undefined && known.state !== "waiting" && known.state !== "active";
    await jobs.submit({
      ...{ id: isOver ? newId() : id, kind, subject: id, owner },
      ...(backend === undefined ? {} : { backend }),
      ...(request === undefined ? {} : { request }),
    });
  }

  /**
   * Gives all work under way that has no job (its server was killed between the two) a job again, and ends what was to stop and
   * what the queue has given up: it took its worker with it too often. Two servers that do it at once have some done twice, which
   * changes nothing of its result.
   */
  async reconcile(): Promise<void> {
    const { rows, jobs } = this.#parts;
    const found = await inPages((request) => rows.page({ ...request, states: UNDER_WAY }));
    // looked at after the rows: the job of one that was made meanwhile is there
    const known = new Set((await jobs.list()).map(({ subject }) => subject));
    for (const row of found) {
      if (known.has(row.id)) continue;
      if (row.isStopAsked) await this.#over(row.id, { state: "cancelled" });
      else {
        const job = await jobs.get(row.id);
        // not that of a row before it, of the same id
        const isGivenUp = job?.state === "failed" && job.submittedAt >= row.createdAt;
        if (isGivenUp) await this.#over(row.id, { state: "failed", error: job.error ?? null });
        else await this.submit(row);
      }
    }
  }

  /** Ends work for good. What is over stays as it is. */
  async cancel(id: string): Promise<void> {
    const { rows, changes } = this.#parts;
    if (!(await rows.update(id, { isStopAsked: true }, UNDER_WAY))) return;
    await this.stopJobs([id]);
    // one that waited is over at once
    if (!(await this.#parts.jobs.list()).some(({ subject }) => subject === id))
      await this.#over(id, { state: "cancelled" });
    changes.changed(id);
  }

  /** Has the queue stop what works on these. */
  async stopJobs(ids: readonly string[]): Promise<void> {
    const { jobs } = this.#parts;
    const of = new Set(ids);
    if (of.size === 0) return;
    for (const { id, subject } of await jobs.list()) if (of.has(subject)) await jobs.stop(id, "cancel");
  }

  /**
   * Does a job, and writes into its row how it ended. What was cut off is begun anew.
   * @param work what is done; it writes the end into the row itself when it is well.
   * @throws CoreError as a `JobHandler`: `cancelled` when the host ends, `backend` when the worker is gone.
   */
  async handle(
    job: Job,
    context: Pick<JobContext, "worker" | "signal" | "isForHost">,
    work: (row: Row) => Promise<void>,
  ): Promise<void> {
    const { rows, clock } = this.#parts;
    const { worker, signal, isForHost } = context;
    const row = await rows.get(job.subject);
    if (!row || !isUnderWay(row.state)) return;
    const { id } = row;
    if (row.isStopAsked || (signal.aborted && !isForHost())) return this.#over(id, { state: "cancelled" });
    const begins = { state: "running", worker, startedAt: row.startedAt ?? clock() } as const;
    if (!(await this.#update(id, begins))) return;
    try {
      await work(row);
    } catch (error) {
      if (signal.aborted && !isForHost()) return this.#over(id, { state: "cancelled" });
      const isAgain = error instanceof CoreError && this.#mayPass(error, job.attempts + 1);
      if (!signal.aborted && !isAgain) {
        await this.#over(id, { state: "failed", error: serializeError(error) });
        // what graft says no with is told; a defect is for the log, too
        if (error instanceof CoreError) return;
        throw error;
      }
      await this.#update(id, { state: "queued", progress: null });
      if (signal.aborted)
        throw new CoreError("cancelled", { what: "The host ends; the work is done again later." });
      // who claims jobs knows a store that is away by one code
      throw error instanceof CoreError && error.code === "offline"
        ? new CoreError("unreadable", error.parts, { cause: error })
        : error;
    }
  }

  /** @param begun how often the work was begun. */
  #mayPass({ code }: CoreError, begun: number): boolean {
    if (code === "backend") return begun < MOST_LOST;
    return this.#parts.passing?.includes(code) === true && begun < MOST_TROUBLES;
  }

  #update(id: string, change: WorkChange): Promise<boolean> {
    return updateUnderWay(this.#parts, id, change);
  }

  async #over(id: string, change: WorkChange): Promise<void> {
    await this.#update(id, { ...change, progress: null, endedAt: this.#parts.clock() });
  }
}
