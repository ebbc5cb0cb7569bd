import type { Job, JobClaim, Jobs, NewJob } from "@graft/api";
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
  readonly #listeners = new Set<() => void>();
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
    const tell = (): void => this.#tellHere();
    const handle = await db.listen?.(this.#channel, tell, tell);
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
    this.#tellHere();
  }

  /** Every worker is gone. */
  async loseAll(): Promise<void> {
    await this.#run(this.#table.loseAll(JSON.stringify(SILENT)));
  }

  async submit(job: NewJob): Promise<void> {
    const made = await this.#boss.send(QUEUE, dataOf(job), { id: jobUuid(job.id) });
    if (made !== null) this.#tell();
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
    return this.#change(this.#table.fail(jobUuid(id), worker, JSON.stringify(error), retry));
  }

  release(id: string, worker: string): Promise<boolean> {
    return this.#change(this.#table.release(jobUuid(id), worker));
  }

  stop(id: string, reason: StopReason): Promise<boolean> {
    return this.#change(this.#table.stop(jobUuid(id), reason));
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

  onChange(listener: () => void): () => void {
    // two who listen alike are two
    const own = (): void => listener();
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

  /** @returns whether a row was changed; then all are told. */
  async #change(statement: Statement): Promise<boolean> {
    const rows = await this.#run(statement);
    if (rows.length > 0) this.#tell();
    return rows.length > 0;
  }

  async #run({ text, values }: Statement): Promise<readonly Row[]> {
    const { rows } = await this.#boss.getDb().executeSql(text, [...values]);
    return rows;
  }

  #tell(): void {
    this.#tellHere();
    // who misses it looks again before long, as every claimer does
    if (this.#stopListening)
      this.#run({ text: "SELECT pg_notify($1, '')", values: [this.#channel] }).catch(this.#onError);
  }

  #tellHere(): void {
    for (const listener of this.#listeners) listener();
  }
}
