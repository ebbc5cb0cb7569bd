import type { Clock } from "../ports/clock.ts";
import type { Job } from "../ports/jobs.ts";
import type { ModelJobRow } from "../ports/model-job-rows.ts";
import type { Repository } from "../ports/repository.ts";
import type { ClassRow, DatasetRow, RunRow } from "../ports/rows.ts";
import type { SearchRow } from "../ports/search-rows.ts";
import type { AuditService } from "./audit-service.ts";
import { type Caller, type Identity, notThere, owns } from "./identity.ts";
import { KnownRuns } from "./known-runs.ts";

/**
 * Whose things are whose: every service asks here before it touches what an id names. What a caller may not see is told as what
 * is not there. That an admin looks at what is another's is kept (`AuditService.look`).
 */
export class Access {
  readonly #repository: Repository;
  readonly #audit: AuditService;
  readonly #models: KnownRuns;

  constructor(parts: {
    readonly repository: Repository;
    readonly audit: AuditService;
    readonly clock: Clock;
  }) {
    this.#repository = parts.repository;
    this.#audit = parts.audit;
    this.#models = new KnownRuns(parts.repository.runs, parts.clock);
  }

  /** A data set of the caller's. @throws CoreError `not-found`. */
  async dataset(caller: Caller, id: string): Promise<DatasetRow> {
    const dataset = await this.#repository.datasets.get(id);
    if (!dataset || !owns(caller.identity, dataset.owner)) throw notThere("data set", id);
    await this.#audit.look(caller, { kind: "dataset", id, owner: dataset.owner });
    return dataset;
  }

  /** A run of the caller's. @throws CoreError `not-found`. */
  async run(caller: Caller, id: string): Promise<RunRow> {
    return this.#ownRun(caller, id, await this.#repository.runs.get(id));
  }

  /** A search of the caller's. @throws CoreError `not-found`. */
  async search(caller: Caller, id: string): Promise<SearchRow> {
    const search = await this.#repository.searches.get(id);
    if (!search || !owns(caller.identity, search.owner)) throw notThere("search", id);
    await this.#audit.look(caller, { kind: "search", id, owner: search.owner });
    return search;
  }

  /** A model job of the caller's. @throws CoreError `not-found`. */
  async modelJob(caller: Caller, id: string): Promise<ModelJobRow> {
    const job = await this.#repository.modelJobs.get(id);
    if (!job || !owns(caller.identity, job.owner)) throw notThere("model job", id);
    await this.#audit.look(caller, { kind: "model-job", id, owner: job.owner });
    return job;
  }

  /**
   * A run whose model may be asked: the caller's, or one that a predict token names. One that another server deleted a moment
   * ago may still be there.
   * @throws CoreError `not-found`.
   */
  async model(caller: Caller, id: string): Promise<RunRow> {
    const { role, scope } = caller.identity.token;
    if (role !== "predict") return this.#ownRun(caller, id, await this.#models.get(id));
    const run = scope.runs?.includes(id) ? await this.#models.get(id) : undefined;
    if (!run) throw notThere("run", id);
    return run;
  }

  /** Runs were removed: their models are asked no more. */
  forgetRuns(): void {
    this.#models.forget();
  }

  /**
   * Where the caller may add pictures: to a data set of their own, sorted or not; by a contributor's token to its one class.
   * @param classId null: to no class.
   * @throws CoreError `not-found`.
   */
  async contribution(
    caller: Caller,
    id: string,
    classId: string | null,
  ): Promise<{ readonly dataset: DatasetRow; readonly class: ClassRow | null }> {
    const { role, scope } = caller.identity.token;
    const dataset =
      role === "contributor" && scope.dataset === id
        ? await this.#repository.datasets.get(id)
        : await this.dataset(caller, id);
    if (!dataset) throw notThere("data set", id);
    if (classId === null && role !== "contributor") return { dataset, class: null };
    const classes = await this.#repository.datasets.classes(id);
    const found = classes.find((one) => one.id === classId);
    if (!found || (role === "contributor" && scope.class !== classId))
      throw notThere("class", classId ?? "none");
    return { dataset, class: found };
  }

  /**
   * A job that a worker's token may do, and read the blobs of.
   * @param worker that the token came in as.
   * @throws CoreError `not-found` for one of another worker, and for another account's.
   */
  job(
    { identity }: Caller,
    job: Job | undefined,
    { id, worker }: { readonly id: string; readonly worker: string },
  ): Job {
    const owner = jobsOf(identity);
    if (!job || job.worker !== worker || job.state !== "active" || (owner ?? job.owner) !== job.owner)
      throw notThere("job", id);
    return job;
  }

  async #ownRun(caller: Caller, id: string, run: RunRow | undefined): Promise<RunRow> {
    if (!run || !owns(caller.identity, run.owner)) throw notThere("run", id);
    await this.#audit.look(caller, { kind: "run", id, owner: run.owner });
    return run;
  }
}

/** Whose jobs a worker's token may claim: those of the account that it is for; undefined: everybody's, where that is an admin's. */
export const jobsOf = ({ account }: Identity): string | undefined =>
  account.role === "admin" ? undefined : account.id;
