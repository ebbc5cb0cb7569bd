import { type Job, newId } from "@graft/api";
import { usableThreads } from "@graft/backend-select";
import { groupNames, OWN_MARKS } from "./feature-groups.ts";
import { findBackends, NO_BACKENDS } from "./find-backends.ts";
import { JobClaimer } from "./job-claimer.ts";
import { shareThreads } from "./share-threads.ts";
import { TRAINER_KINDS, type TrainersOptions } from "./trainers.ts";
import { WorkerProcess } from "./worker-process.ts";
import { LivingWorkerRow } from "./worker-row.ts";

export interface LocalWorkersOptions extends TrainersOptions {
  /** How many children; they share the cores. */
  readonly count: number;
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  /** Folder of the blobs, where they lie in one: children read pictures there. @default they ask for them */
  readonly blobs?: string | undefined;
  /** The workspace's features and weights are the home's: children read and write them themselves. @default they ask */
  readonly sharesHome?: boolean;
  /** See `Workspace`. */
  readonly checkpointMs?: number;
}

/** This machine's training workers: children that live as long as the server, each with its place at the queue. */
export class LocalWorkers implements AsyncDisposable {
  readonly #processes: readonly WorkerProcess[];
  /** What each of them has. */
  readonly #jobs: (Job | undefined)[] = [];
  readonly #controller = new AbortController();
  readonly #claimers: JobClaimer[] = [];
  readonly #rows: LivingWorkerRow[] = [];
  readonly #started: Promise<void>;

  /** Starts at once, and does not wait for it. */
  constructor(options: LocalWorkersOptions) {
    const { count, home, env, blobs, sharesHome = false, workspace, version, checkpointMs, log } = options;
    const threads = shareThreads(count, usableThreads());
    const child = {
      ...{ home, version, sharesHome },
      ...(blobs === undefined ? {} : { blobs }),
      ...(threads === undefined ? {} : { threads }),
      ...(checkpointMs === undefined ? {} : { checkpointMs }),
    };
    const names = Array.from({ length: count }, (_, at) => `worker ${at + 1}`);
    this.#processes = names.map(
      (name, at) =>
        new WorkerProcess({ workspace, child, env, onLog: (line) => log.worker(name, line, this.#jobs[at]) }),
    );
    this.#started = this.#start(options, names);
  }

  /** Ids of the processes that run. */
  get pids(): readonly number[] {
    return this.#processes.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  }

  /**
   * Stops what is under way where it can be gone on from, puts it back into the line, and ends the children.
   * @param graceMs how long that may take; a child that takes longer is killed, and its job goes on from its last checkpoint.
   */
  async close(graceMs: number): Promise<void> {
    this.#controller.abort();
    await this.#started;
    const claimed = Promise.all(this.#claimers.map((claimer) => claimer.close()));
    const timeout = new AbortController();
    const late = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, graceMs);
      timeout.signal.addEventListener("abort", () => clearTimeout(timer));
    });
    await Promise.race([claimed, late]);
    timeout.abort();
    await Promise.all(this.#processes.map((one) => one.close(1000)));
    await claimed;
    await Promise.all(this.#rows.map((row) => row[Symbol.asyncDispose]()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close(10_000);
  }

  async #start(options: LocalWorkersOptions, names: readonly string[]): Promise<void> {
    const { home, jobs, workers, clock, version, train, count, log, cache } = options;
    // each loads what it needs meanwhile
    for (const one of this.#processes) void one.host().catch(() => undefined);
    if (count === 0) return;
    const { signal } = this.#controller;
    const threads = shareThreads(count, usableThreads()) ?? usableThreads();
    // at once: who asks why something waits hears that they start
    const rows = names.map(
      (name) =>
        new LivingWorkerRow({
          ...{ workers, clock, onError: log.error, isStarting: true },
          row: {
            ...{ id: newId(), name, version, kind: "local", threads, owner: null },
            ...{ backends: [], names: [], groups: [] },
          },
        }),
    );
    this.#rows.push(...rows);
    // what names no backend can be done all the same
    const backends = await findBackends(home, { version, signal }).catch((error: unknown) => {
      if (!signal.aborted) log.error(error);
      return NO_BACKENDS;
    });
    if (signal.aborted) return;
    const groups = groupNames(backends.ids, OWN_MARKS, cache);
    this.#processes.forEach((one, at) => {
      const row = rows[at];
      if (!row) throw new TypeError("each has a row");
      row.becomes({ backends: backends.ids, names: backends.names, groups });
      this.#claimers.push(
        new JobClaimer({
          ...{ jobs, worker: row.id, kinds: TRAINER_KINDS, backends: backends.names, groups },
          onError: log.error,
          ready: async () => void (await one.host()),
          handle: async (job, context) => train(job, { ...context, host: await one.host() }),
          onJob: (job) => {
            this.#jobs[at] = job;
            row.worksOn(job?.id ?? null);
          },
        }),
      );
    });
  }
}
