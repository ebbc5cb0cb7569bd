import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { openJobs } from "../../../apps/server/src/queue/open-jobs.ts";
import { describeOnStores, type TestStore } from "../open-store.ts";

const rowsSchema = z.object({ rows: z.array(z.record(z.string(), z.unknown())) });

/** Opens the queue and closes it. @returns the queue's row then. */
async function openedOnce(store: TestStore, silentAfterSeconds: number): Promise<unknown> {
  const onError = (error: unknown): never => {
    throw error;
  };
  await (await openJobs({ database: store.queue, onError, silentAfterSeconds }))[Symbol.asyncDispose]();
  const found = await store.database.execute(
    sql`SELECT heartbeat_seconds, retry_limit, retention_seconds, deletion_seconds, updated_on::text AS changed FROM pgboss.queue WHERE name = 'jobs'`,
  );
  const { rows } = rowsSchema.parse(found);
  expect(rows).toHaveLength(1);
  return rows[0];
}

describeOnStores("the queue's own row", (open) => {
  describe("when the queue is opened again", () => {
    it("is left alone where it says what is wanted, and changed where it does not", async () => {
      await using store = await open();
      const made = await openedOnce(store, 30);
      expect(made).toMatchObject({ heartbeat_seconds: 30, retry_limit: 3, deletion_seconds: 604_800 });
      expect(made).toMatchObject({ retention_seconds: 315_360_000 });
      expect(await openedOnce(store, 30)).toEqual(made);
      expect(await openedOnce(store, 20)).toMatchObject({ heartbeat_seconds: 20 });
      await store.database.execute(sql`UPDATE pgboss.queue SET retry_limit = 7, retention_seconds = 1209600`);
      expect(await openedOnce(store, 20)).toMatchObject({ retry_limit: 3, retention_seconds: 315_360_000 });
    });
  });
});
