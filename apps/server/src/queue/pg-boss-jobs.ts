import type { Job, JobClaim, Jobs, JobsChange, NewJob } from "@graft/api";
import type { SerializedError, StopReason } from "@graft/core";
import type { PgBoss } from "pg-boss";
import { dataOf, jobOf, SILENT } from "./job-row.ts";
import { type JobTable, QUEUE, type Statement } from "./job-table.ts";
import { jobUuid } from "./job-uuid.ts";

export interface PgBossJobsOptions {
  /** Started, with the queue `QUEUE`. */
  readonly boss: PgBoss;
  readonly table: JobTable;
  /** Where PostgreSQL's servers tell each other of changes. */
  readonly channel: string;
  readonly onError: (error: unknown) => void;
}

type Row = Readonly<Record<string, unknown>>;

/** The queue on pg-boss, on either database; `openJobs` has its methods throw what people should hear. */
export class PgBossJobs implements Jobs, AsyncDisposable {
  readonly #boss: PgBoss;
  readonly #table: JobTable;
  readonly #channel: string;
  readonly #onError: (error: unknown) => void;
  readonly #listeners = new Set<(change: JobsChange) => void>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #stopListening: (() => Promise<void>) | undefined;

  constructor({ boss, table, channel, onError }: PgBossJobsOptions) {
    this.#boss = boss;
    this.#table = table;
    this.#channel = channel;
    this.#onError = onError;
  }

  /** Listens for other servers' changes where there may be others, and looks for silent workers from time to time. */
  async start(lookMs: number): Promise<void> {
    const db = this.#boss.getDb();
    const all = (): void => this.#tellAllHere();
    const hear = (payload: string): void =>
      payload === "waits" || payload === "stop" ? this.#tellHere(payload) : all();
    const handle = await db.listen?.(this.#channel, hear, all);
    this.#stopListening = handle && (() => handle.close());
    this.#timer = setInterval(() => {
      this.#looking ??= this.lookForSilent()
        .catch(this.#onError)
        .finally(() => {
          this.#looking = undefined;
        });
    }, lookMs);
    this.#timer.unref();
  }

  /** Puts jobs of silent workers back into the line, and removes those that ended long ago. */
  async lookForSilent(): Promise<void> {
    await this.#boss.supervise(QUEUE);
    await this.#run(this.#table.endStopped());
    this.#tellAllHere();
  }

  /** Every worker is gone. */
  async loseAll(): Promise<void> {
    await this.#run(this.#table.loseAll(JSON.stringify(SILENT)));
  }

  async submit(...jobs: readonly NewJob[]): Promise<void> {
    if (jobs.length === 0) return;
    const rows = jobs.map((job) => ({ id: jobUuid(job.id), data: dataOf(job) }));
    const made = await this.#boss.insert(QUEUE, rows, { returnId: true });
    if (made !== null) this.#tell("waits");
  }

  async claim(claim: JobClaim): Promise<Job | undefined> {
    const [row] = await this.#run(this.#table.claim(claim));
    return row && jobOf(row);
  }

  async beat(
    id: string,
    worker: string,
    { hasKept = false }: { readonly hasKept?: boolean } = {},
  ): Promise<"go-on" | StopReason | "lost"> {
    const [row] = await this.#run(this.#table.beat(jobUuid(id), worker, hasKept));
    if (!row) return "lost";
    const { stop } = row;
    return stop === "interrupt" || stop === "cancel" ? stop : "go-on";
  }

  complete(id: string, worker: string): Promise<boolean> {
    return this.#change(this.#table.complete(jobUuid(id), worker));
  }

  fail(
    id: string,
    worker: string,
    { error, retry }: { readonly error: SerializedError; readonly retry: boolean },
  ): Promise<boolean> {
    return this.#change(this.#table.fail(jobUuid(id), worker, JSON.stringify(error), retry), "waits");
  }

  release(id: string, worker: string): Promise<boolean> {
    return this.#change(this.#table.release(jobUuid(id), worker), "waits");
  }

  stop(id: string, reason: StopReason): Promise<boolean> {
    return this.#change(this.#table.stop(jobUuid(id), reason), "stop");
  }

  async get(id: string): Promise<Job | undefined> {
    const [row] = await this.#run(this.#table.get(jobUuid(id)));
    return row && jobOf(row);
  }

  async list(): Promise<readonly Job[]> {
    return (await this.#run(this.#table.list())).map(jobOf);
  }

  move(id: string, to: "front" | "back"): Promise<boolean> {
    return this.#change(this.#table.move(jobUuid(id), to));
  }

  onChange(listener: (change: JobsChange) => void): () => void {
    // two who listen alike are two
    const own = (change: JobsChange): void => listener(change);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** The database stays open where it is the caller's. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#listeners.clear();
    await this.#looking;
    await this.#stopListening?.();
    await this.#boss.stop({ graceful: false });
  }

  /** @param told what of. @default nobody needs to know @returns whether a row was changed. */
  async #change(statement: Statement, told?: JobsChange): Promise<boolean> {
    const rows = await this.#run(statement);
    if (rows.length > 0 && told) this.#tell(told);
    return rows.length > 0;
  }

  async #run({ text, values }: Statement): Promise<readonly Row[]> {
    const { rows } = await this.#boss.getDb().executeSql(text, [...values]);
    return rows;
  }

  #tell(change: JobsChange): void {
    this.#tellHere(change);
    // who misses it looks again before long, as every claimer does
    if (this.#stopListening)
      this.#run({ text: "SELECT pg_notify($1, $2)", values: [this.#channel, change] }).catch(this.#onError);
  }

  #tellHere(change: JobsChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  /** Something was missed, or may have been. */
  #tellAllHere(): void {
    this.#tellHere("waits");
    this.#tellHere("stop");
  }
}
