import type { HeatMapRepository, ModelJobRepository } from "@graft/api";
import { and, desc, eq, inArray, lt, or, sql } from "drizzle-orm";
import { atomically, type Database, findAll, inBatches, isOneOf } from "../database.ts";
import { BY_TIME, below, readPage } from "../page.ts";
import { heatMaps, images, modelJobs, runs } from "../schema/index.ts";
import { nameBlobs } from "./blob-names.ts";

export function modelJobRepository(db: Database): ModelJobRepository {
  return {
    create: (job) =>
      atomically(db, async (tx) => {
        await nameBlobs(tx, job.sent === null ? [] : [job.sent]);
        await tx.insert(modelJobs).values(job);
      }),
    async get(id) {
      return (await db.select().from(modelJobs).where(eq(modelJobs.id, id)))[0];
    },
    page: ({ run, dataset, upload, owner, states, endedBefore, ...request }) =>
      readPage(request, { schema: BY_TIME, of: ({ createdAt, id }) => [createdAt, id] }, (after, limit) =>
        db
          .select()
          .from(modelJobs)
          .where(
            and(
              run === undefined ? undefined : eq(modelJobs.run, run),
              dataset === undefined
                ? undefined
                : or(
                    eq(modelJobs.dataset, dataset),
                    inArray(
                      modelJobs.run,
                      db.select({ id: runs.id }).from(runs).where(eq(runs.dataset, dataset)),
                    ),
                  ),
              upload === undefined ? undefined : eq(modelJobs.upload, upload),
              owner === undefined ? undefined : eq(modelJobs.owner, owner),
              states && inArray(modelJobs.state, [...states]),
              endedBefore === undefined ? undefined : lt(modelJobs.endedAt, endedBefore),
              below([modelJobs.createdAt, modelJobs.id], after),
            ),
          )
          .orderBy(desc(modelJobs.createdAt), desc(modelJobs.id))
          .limit(limit),
      ),
    update: (id, change, from) =>
      atomically(db, async (tx) => {
        if (change.result) await nameBlobs(tx, [change.result]);
        // a change of nothing still answers whether there is one in these states
        const changed = await tx
          .update(modelJobs)
          .set({ id, ...change })
          .where(and(eq(modelJobs.id, id), from && inArray(modelJobs.state, [...from])))
          .returning({ id: modelJobs.id });
        return changed.length > 0;
      }),
    async remove(id) {
      return (await db.delete(modelJobs).where(eq(modelJobs.id, id)).returning())[0];
    },
  };
}

/** Those of the ids that there are, which stay until the end of the transaction. */
async function lockThere(
  tx: Database,
  table: typeof images | typeof runs,
  ids: readonly string[],
): Promise<readonly string[]> {
  const rows = await tx.select({ id: table.id }).from(table).where(isOneOf(table.id, ids)).for("key share");
  return rows.map(({ id }) => id);
}

export function heatMapRepository(db: Database): HeatMapRepository {
  return {
    async put(maps) {
      for await (const some of inBatches(maps))
        await atomically(db, async (tx) => {
          const known = new Set([
            ...(await lockThere(
              tx,
              images,
              some.map(({ image }) => image),
            )),
            ...(await lockThere(
              tx,
              runs,
              some.map(({ run }) => run),
            )),
          ]);
          const rows = some.filter((map) => known.has(map.image) && known.has(map.run));
          if (rows.length === 0) return;
          await tx
            .insert(heatMaps)
            .values([...rows])
            .onConflictDoUpdate({
              target: [heatMaps.run, heatMaps.image],
              set: { label: sql`excluded.label`, rows: sql`excluded.rows` },
            });
        });
    },
    of: (run, ids) =>
      findAll(ids, (some) =>
        db
          .select()
          .from(heatMaps)
          .where(and(eq(heatMaps.run, run), isOneOf(heatMaps.image, some))),
      ),
  };
}
