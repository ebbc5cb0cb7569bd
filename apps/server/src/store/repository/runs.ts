import type { RunRepository } from "@graft/api";
import { and, asc, desc, eq, getTableColumns, gt, inArray, sql } from "drizzle-orm";
import { ask, atomically, type Database, gone, inBatches } from "../database.ts";
import { BY_TIME, below, readPage } from "../page.ts";
import { datasets, decisions, events, runs } from "../schema/index.ts";
import { nameBlobs } from "./blob-names.ts";
import { changeRunFiles, runFileReads } from "./run-files.ts";

const COLUMNS = getTableColumns(runs);
/** States that few runs are in, and that are asked for often. */
const UNDER_WAY: readonly string[] = ["queued", "running"];

export function runRepository(db: Database): RunRepository {
  return {
    create: (run) =>
      atomically(db, async (tx) => {
        await nameBlobs(tx, [run.frozen]);
        const [numbered] = await tx
          .update(datasets)
          .set({ lastRun: sql`${datasets.lastRun} + 1` })
          .where(eq(datasets.id, run.dataset))
          .returning({ number: datasets.lastRun });
        if (!numbered) throw gone("data set", run.dataset);
        const row = { ...run, number: numbered.number };
        await tx.insert(runs).values(row);
        return row;
      }),
    async get(id) {
      return (await db.select(COLUMNS).from(runs).where(eq(runs.id, id)))[0];
    },
    page: ({ dataset, owner, states, ...request }) =>
      readPage(request, { schema: BY_TIME, of: ({ createdAt, id }) => [createdAt, id] }, (after, limit) =>
        db
          .select(COLUMNS)
          .from(runs)
          .where(
            and(
              dataset === undefined ? undefined : eq(runs.dataset, dataset),
              owner === undefined ? undefined : eq(runs.owner, owner),
              states && inArray(runs.state, [...states]),
              // the words of the index of these
              states?.every((state) => UNDER_WAY.includes(state))
                ? sql`${runs.state} in ('queued', 'running')`
                : undefined,
              below([runs.createdAt, runs.id], after),
            ),
          )
          .orderBy(desc(runs.createdAt), desc(runs.id))
          .limit(limit),
      ),
    async update(id, change, from) {
      // a change of nothing still answers whether there is one in these states
      const changed = await db
        .update(runs)
        .set({ id, ...change })
        .where(and(eq(runs.id, id), from && inArray(runs.state, [...from])))
        .returning({ id: runs.id });
      return changed.length > 0;
    },
    async remove(id) {
      await db.delete(runs).where(eq(runs.id, id));
    },
    async appendEvents(run, added) {
      for await (const some of inBatches(added)) {
        const seqs = some.map(({ seq }) => seq);
        const texts = some.map((event) => JSON.stringify(event));
        // one statement, as a run tells several events a second
        const found = await ask(
          db,
          sql`with changed as (
            update ${runs} set last_seq = greatest(last_seq, ${Math.max(...seqs)}) where id = ${run} returning id
          ), added as (
            insert into ${events} (run_id, seq, event)
            select changed.id, told.seq, told.event
            from changed, unnest(${sql.param(seqs)}::int[], ${sql.param(texts)}::text[]) as told(seq, event)
            on conflict (run_id, seq) do nothing
          ) select id from changed`,
        );
        if (found.length === 0) throw gone("run", run);
      }
    },
    async events(run, { after, limit }) {
      const rows = await db
        .select({ event: events.event })
        .from(events)
        .where(and(eq(events.run, run), gt(events.seq, after)))
        .orderBy(asc(events.seq))
        .limit(limit);
      return rows.map(({ event }) => event);
    },
    ...runFileReads(db),
    changeFiles: (run, change) => changeRunFiles(db, run, change),
    async decide(decision) {
      await db.insert(decisions).values(decision);
    },
    async undoDecision(id, isUndone) {
      await db.update(decisions).set({ isUndone }).where(eq(decisions.id, id));
    },
    decisions: (dataset) =>
      db
        .select()
        .from(decisions)
        .where(eq(decisions.dataset, dataset))
        .orderBy(desc(decisions.at), desc(decisions.id)),
  };
}
