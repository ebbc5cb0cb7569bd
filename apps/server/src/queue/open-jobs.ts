import { PgBoss } from "pg-boss";
import { Patience } from "../store/patience.ts";
import type { QueueDatabase } from "../store/store.ts";
import { withStoreErrors } from "../store/with-store-errors.ts";
import { ensureQueue } from "./ensure-queue.ts";
import { JobTable } from "./job-table.ts";
import { PgBossJobs } from "./pg-boss-jobs.ts";

export interface JobsOptions {
  /** `Store.queue`: the embedded database, which stays the store's and is this process's alone, or PostgreSQL's address. */
  readonly database: QueueDatabase;
  /** Hears of trouble that nobody waits for: a database that is gone for a while. */
  readonly onError: (error: unknown) => void;
  /** `Store.patience`. @default one of its own */
  readonly patience?: Patience;
  /** Of pg-boss's tables. @default "pgboss" */
  readonly schema?: string;
  /** A job whose worker tells nothing for so long goes back into the line; pg-boss takes 10 and more. @default 30 */
  readonly silentAfterSeconds?: number;
  /** Between two looks for such workers: a job is begun again that much later, at most. @default 10 */
  readonly lookEverySeconds?: number;
}

/**
 * Opens the queue: makes or migrates pg-boss's tables, and looks after silent workers until it is closed. On an embedded
 * database, which no other process has, what was active has lost its worker, and goes back into the line at once.
 * @throws CoreError `unreadable`, `disk-full`.
 */
export async function openJobs(options: JobsOptions): Promise<PgBossJobs> {
  const { database, onError, schema = "pgboss", patience = new Patience() } = options;
  const { silentAfterSeconds, lookEverySeconds = 10 } = options;
  const isAlone = "db" in database;
  const boss = new PgBoss({
    ...database,
    // nothing waits for pg-boss's own news; `PgBossJobs` sends its own
    ...{ max: 4, useListenNotify: false },
    ...{ schema, schedule: false, registerInstance: false, persistWarnings: false },
    openTelemetry: { enabled: false },
    // its timers do more than is needed here: flows, cron; `PgBossJobs` has one
    supervise: false,
    // of two servers one looks; shorter than the timer, which would else be early every other time
    monitorIntervalSeconds: Math.max(1, Math.floor(lookEverySeconds / 2)),
  });
  boss.on("error", onError);
  await boss.start();
  await ensureQueue(boss, silentAfterSeconds);
  const jobs = withStoreErrors(
    new PgBossJobs({ boss, table: new JobTable(schema), channel: `graft_${schema}`, onError }),
    patience,
  );
  if (isAlone) await jobs.loseAll();
  await jobs.start(lookEverySeconds * 1000);
  return jobs;
}
