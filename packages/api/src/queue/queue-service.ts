import type { Caller } from "../identity/identity.ts";
import { notThere, ownerOf } from "../identity/identity.ts";
import type { Job, Jobs } from "../ports/jobs.ts";
import type { WorkerRow } from "../ports/keeping-rows.ts";
import type { Repository } from "../ports/repository.ts";

/** Nothing was heard of a worker for so long: it is quiet, and soon gone. */
const QUIET_MS = 20_000;

export interface WorkerView extends Omit<WorkerRow, "job" | "groups"> {
  readonly state: "idle" | "working" | "quiet";
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
  async list({ identity }: Caller): Promise<readonly Job[]> {
    const owner = ownerOf(identity);
    const jobs = (await this.#jobs.list()).filter(({ kind }) => kind !== "extract");
    return owner === undefined ? jobs : jobs.filter((job) => job.owner === owner);
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
    return (await this.#repository.workers.list()).map(({ job: id, groups, ...worker }) => {
      const job = id === null ? undefined : active.get(id);
      const isQuiet = now - worker.heardAt > QUIET_MS;
      return {
        ...worker,
        ownFeatures: ownFeatures(groups),
        state: isQuiet ? "quiet" : id === null ? "idle" : "working",
        subject: owner === undefined || job?.owner === owner ? job?.subject : undefined,
      };
    });
  }
}
