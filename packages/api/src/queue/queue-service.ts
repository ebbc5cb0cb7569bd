import type { Caller } from "../identity/identity.ts";
import { notThere, ownerOf } from "../identity/identity.ts";
import type { Job, Jobs } from "../ports/jobs.ts";
import type { WorkerRow } from "../ports/keeping-rows.ts";
import type { Repository } from "../ports/repository.ts";
import { waitingLine } from "./waiting-line.ts";
import type { Waiting } from "./why-waiting.ts";
import { isGone, type WorkerState, workerState } from "./worker-state.ts";

/** Something in the queue, and why it waits; null: it does not. */
export interface QueuedJob extends Job {
  readonly waiting: Waiting | null;
}

export interface WorkerView extends Omit<WorkerRow, "job" | "groups" | "names" | "owner" | "state"> {
  readonly state: WorkerState;
  /** What it works on: a run's id, an upload's; undefined for what is another's. */
  readonly subject: string | undefined;
  /** Backends whose features it does not share with this server. */
  readonly ownFeatures: readonly string[];
}

/** Backends of the groups that are not the server's own. */
const ownFeatures = (groups: readonly string[]): string[] =>
  groups.flatMap((group) => (group.includes("/") ? [group.slice(0, group.indexOf("@"))] : []));

/** What waits and is worked on, and who works. */
export class QueueService {
  readonly #jobs: Jobs;
  readonly #repository: Repository;
  readonly #clock: () => number;

  constructor(parts: { readonly jobs: Jobs; readonly repository: Repository; readonly clock: () => number }) {
    this.#jobs = parts.jobs;
    this.#repository = parts.repository;
    this.#clock = parts.clock;
  }

  /**
   * The caller's jobs (an admin's: all), in the order of the line; a place counts those of others, too. Shards come after all of
   * them and are not among them: who works on a run's are its helpers.
   */
  async list({ identity }: Caller): Promise<readonly QueuedJob[]> {
    const owner = ownerOf(identity);
    const jobs = await this.#jobs.list();
    const line = await waitingLine({
      ...{ jobs: { list: async () => jobs }, workers: this.#repository.workers, clock: this.#clock },
    });
    return jobs
      .filter((job) => job.kind !== "extract" && (owner === undefined || job.owner === owner))
      .map((job) => ({
        ...job,
        waiting: (job.state === "waiting" && line.get(job.subject)?.waiting) || null,
      }));
  }

  /** Puts what waits before all others, or after them. @throws CoreError `not-found` for what does not wait. */
  async move(subject: string, to: "front" | "back"): Promise<void> {
    const waiting = (await this.#jobs.list()).find(
      (job) => job.subject === subject && job.state === "waiting" && job.kind !== "extract",
    );
    if (!waiting || !(await this.#jobs.move(waiting.id, to))) throw notThere("waiting job", subject);
  }

  async workers({ identity }: Caller): Promise<readonly WorkerView[]> {
    const owner = ownerOf(identity);
    const active = new Map((await this.#jobs.list()).map((job) => [job.id, job]));
    const now = this.#clock();
    const rows = (await this.#repository.workers.list()).filter((row) => !isGone(row, now));
    return rows.map((row) => {
      const { job: id, groups, names: _, owner: __, ...worker } = row;
      const job = id === null ? undefined : active.get(id);
      return {
        ...worker,
        ownFeatures: ownFeatures(groups),
        state: workerState(row, now),
        subject: owner === undefined || job?.owner === owner ? job?.subject : undefined,
      };
    });
  }
}
