import { JOB_KINDS, newId } from "@graft/api";
import type { Store } from "@graft/server";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  KNOWN_COLUMNS,
  KNOWN_SCHEMA_VERSION,
  KNOWN_STATES,
} from "../../../apps/server/src/queue/job-table.ts";
import { openJobs } from "../../../apps/server/src/queue/open-jobs.ts";
import type { PgBossJobs } from "../../../apps/server/src/queue/pg-boss-jobs.ts";
import { whyNoPostgres } from "../../setup/postgres.ts";
import { describeJobs } from "../contract/jobs.ts";
import type { OpenedJobs } from "../contract/jobs-opened.ts";
import { describeOnStores, openTestStore, type TestStore } from "../open-store.ts";

/** Errors that nobody waited for. */
const troubles: unknown[] = [];
const onError = (error: unknown): void => void troubles.push(error);
afterAll(() => {
  if (troubles.length > 0) throw troubles[0];
});

async function openedOn(store: TestStore): Promise<OpenedJobs> {
  const open = (): Promise<PgBossJobs> => openJobs({ database: store.queue, onError });
  const all = [await open()];
  const last = (): PgBossJobs => {
    const jobs = all.at(-1);
    if (!jobs) throw new TypeError("one is open");
    return jobs;
  };
  return {
    jobs: last(),
    async fallSilent() {
      const silent = sql`UPDATE pgboss.job SET heartbeat_on = heartbeat_on - interval '31 seconds'
        WHERE state = 'active'`;
      await store.database.execute(silent);
      // it has looked a moment ago, too
      await store.database.execute(sql`UPDATE pgboss.queue SET monitor_claim_on = NULL, monitor_on = NULL`);
      await last().lookForSilent();
    },
    async beside() {
      if (store.kind === "pglite") return undefined;
      const other = await open();
      all.unshift(other);
      return other;
    },
    async restart() {
      await last()[Symbol.asyncDispose]();
      all.push(await open());
      return last();
    },
    async close() {
      for (const jobs of all) await jobs[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

describeOnStores("jobs", (open) => describeJobs("the queue", async () => openedOn(await open())));

describe.skipIf(whyNoPostgres() !== undefined)("a queue on PostgreSQL", () => {
  it("passes over a job that another process is about to claim", async () => {
    await using store = await openTestStore("postgres");
    await using jobs = await openJobs({ database: store.queue, onError });
    const [first, second] = [newId(), newId()];
    for (const id of [first, second]) await jobs.submit({ id, kind: "train", subject: id, owner: "anna" });
    const claim = { worker: "w1", kinds: JOB_KINDS, backends: [] };
    await store.database.transaction(async (transaction) => {
      await transaction.execute(sql`SELECT id FROM pgboss.job WHERE data->>'id' = ${first} FOR UPDATE`);
      expect(await jobs.claim(claim)).toMatchObject({ id: second });
    });
    expect(await jobs.claim(claim)).toMatchObject({ id: first });
  }, 20_000);

  it("whose connections are cut says so, and goes on, hearing of other processes' changes", async () => {
    await using store = await openTestStore("postgres");
    const told: unknown[] = [];
    const database = store.queue;
    await using jobs = await openJobs({ database, onError: (error) => told.push(error) });
    await using other = await openJobs({ database, onError: (error) => told.push(error) });
    await store.database.execute(sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`);
    await expect.poll(() => told.length).toBeGreaterThan(0);
    let heard = 0;
    jobs.onChange(() => heard++);
    // it listens again after a second
    await expect
      .poll(
        async () => {
          await other.submit({ id: newId(), kind: "train", subject: "run", owner: "anna" });
          return heard;
        },
        { timeout: 20_000, interval: 200 },
      )
      .toBeGreaterThan(0);
    expect(await jobs.claim({ worker: "w1", kinds: JOB_KINDS, backends: [] })).toMatchObject({
      owner: "anna",
    });
  });
});

describe("what the queue stands on of pg-boss", () => {
  let store: Store;
  let jobs: PgBossJobs;
  beforeAll(async () => {
    store = await openTestStore("pglite");
    jobs = await openJobs({ database: store.queue, lookEverySeconds: 1, onError });
  });
  afterAll(async () => {
    await jobs[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  });
  const submitted = async (): Promise<string> => {
    const id = newId();
    await jobs.submit({ id, kind: "train", subject: "run", owner: "anna" });
    return id;
  };
  const rowsOf = async (query: ReturnType<typeof sql>): Promise<readonly unknown[]> => {
    // what a driver answers has rows, which drizzle does not say for both
    const { rows } = Object(await store.database.execute(query));
    return rows;
  };

  /** It has looked a moment ago, too. */
  const lookNow = async (): Promise<void> => {
    await store.database.execute(sql`UPDATE pgboss.queue SET monitor_claim_on = NULL, monitor_on = NULL`);
    await jobs.lookForSilent();
  };

  it("is a table with the columns and states that its statements name", async () => {
    const columns = await rowsOf(sql`SELECT jsonb_object_agg(column_name, data_type) AS columns
      FROM information_schema.columns WHERE table_schema = 'pgboss' AND table_name = 'job'`);
    expect(columns).toMatchObject([{ columns: KNOWN_COLUMNS }]);
    const states = await rowsOf(sql`SELECT enum_range(NULL::pgboss.job_state)::text[] AS states`);
    expect(states).toEqual([{ states: KNOWN_STATES }]);
    // another one: read what changed in pg-boss's plans.js (claiming, failing, silence), then raise it
    const versions = await rowsOf(sql`SELECT version FROM pgboss.version`);
    expect(versions).toEqual([{ version: KNOWN_SCHEMA_VERSION }]);
  });

  it("looks for silent workers by itself", async () => {
    const id = await submitted();
    await jobs.claim({ worker: "w1", kinds: JOB_KINDS, backends: [] });
    await store.database.execute(
      sql`UPDATE pgboss.job SET heartbeat_on = heartbeat_on - interval '31 seconds'`,
    );
    await expect.poll(async () => (await jobs.get(id))?.state, { timeout: 30_000 }).toBe("waiting");
    await jobs.stop(id, "cancel");
  });

  it("lets a job take as long as it tells of itself", async () => {
    const id = await submitted();
    await jobs.claim({ worker: "w1", kinds: JOB_KINDS, backends: [] });
    await store.database.execute(sql`UPDATE pgboss.job SET started_on = started_on - interval '9 days',
      created_on = created_on - interval '9 days' WHERE data->>'id' = ${id}`);
    await jobs.beat(id, "w1");
    await lookNow();
    expect(await jobs.get(id)).toMatchObject({ state: "active" });
    await jobs.complete(id, "w1");
  });

  it("gives nobody what was to stop when its worker fell silent, also before it has looked", async () => {
    const id = await submitted();
    await jobs.claim({ worker: "w1", kinds: JOB_KINDS, backends: [] });
    await jobs.stop(id, "cancel");
    await store.database.execute(sql`UPDATE pgboss.job SET state = 'retry' WHERE data->>'id' = ${id}`);
    expect(await jobs.claim({ worker: "w2", kinds: JOB_KINDS, backends: [] })).toBeUndefined();
    await lookNow();
    expect(await jobs.get(id)).toMatchObject({ state: "cancelled" });
  });

  it("has lost every worker when it is opened again on a store that is one process's", async () => {
    const id = await submitted();
    await jobs.claim({ worker: "w1", kinds: JOB_KINDS, backends: [] });
    await jobs[Symbol.asyncDispose]();
    jobs = await openJobs({ database: store.queue, lookEverySeconds: 1, onError });
    expect(await jobs.get(id)).toMatchObject({ state: "waiting", attempts: 1 });
    await jobs.stop(id, "cancel");
  });

  it("keeps what ended for 7 days, and what waits for 10 years", async () => {
    const [old, late, waits] = [await submitted(), await submitted(), await submitted()];
    for (const id of [old, late]) await jobs.stop(id, "cancel");
    const age = (id: string, by: string): Promise<unknown> =>
      store.database.execute(sql`UPDATE pgboss.job SET completed_on = completed_on - ${by}::interval,
        keep_until = keep_until - ${by}::interval WHERE data->>'id' = ${id}`);
    await age(old, "7 days 1 minute");
    await age(late, "6 days");
    await age(waits, "3640 days");
    await store.database.execute(sql`UPDATE pgboss.queue SET maintain_on = NULL`);
    await jobs.lookForSilent();
    expect(await jobs.get(old)).toBeUndefined();
    expect(await jobs.get(late)).toMatchObject({ state: "cancelled" });
    expect(await jobs.get(waits)).toMatchObject({ state: "waiting" });
  });

  it("leaves a failing transaction of pg-boss to itself", async () => {
    if (!("db" in store.queue)) throw new TypeError("an embedded store gives its connection");
    const failing = store.queue.db.executeSql(
      "BEGIN; CREATE TABLE left_behind (a int); SELECT 1 / 0; COMMIT;",
    );
    const others = [1, 2, 3].map((value) => rowsOf(sql`SELECT ${value}::int AS value`));
    await expect(failing).rejects.toThrow("division by zero");
    expect(await Promise.all(others)).toEqual([1, 2, 3].map((value) => [{ value }]));
    expect(await rowsOf(sql`SELECT to_regclass('left_behind') AS made`)).toEqual([{ made: null }]);
  });
});
