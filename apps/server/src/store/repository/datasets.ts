import type { DatasetCounts, DatasetRepository } from "@graft/api";
import { CoreError } from "@graft/core";
import { and, asc, count, desc, eq, getTableColumns, inArray, type SQL, sql, sum } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { atomically, type Database, eventLoopTurn, inBatches } from "../database.ts";
import { BY_TIME, below, readPage } from "../page.ts";
import { classes, datasets, edits, events, images, runs, uploadFiles, uploads } from "../schema/index.ts";
import { checkClasses, dealParts, lockDataset } from "./changes.ts";

const { lastRun: _, ...COLUMNS } = getTableColumns(datasets);

type ClassCounts = Record<"train" | "validation" | "test" | "undealt" | "out" | "broken", number>;
const none = (): ClassCounts => ({ train: 0, validation: 0, test: 0, undealt: 0, out: 0, broken: 0 });

async function readCounts(db: Database, dataset: string): Promise<DatasetCounts> {
  const rows = await db
    .select({
      class: images.class,
      use: images.use,
      part: images.part,
      images: count(),
      bytes: sum(images.bytes).mapWith(Number),
    })
    .from(images)
    .where(eq(images.dataset, dataset))
    .groupBy(images.class, images.use, images.part);
  const known = await db.select({ id: classes.id }).from(classes).where(eq(classes.dataset, dataset));
  const byClass: Record<string, ClassCounts> = { "": none() };
  for (const { id } of known) byClass[id] = none();
  let bytes = 0;
  for (const row of rows) {
    bytes += row.bytes;
    const counts = byClass[row.class ?? ""];
    if (counts) counts[row.use === "in" ? (row.part ?? "undealt") : row.use] += row.images;
  }
  return { classes: byClass, bytes };
}

/** Rows of one statement that removes: PGlite holds the thread for less than a tenth of a second. */
const REMOVED_ROWS = 2000;

async function removeAll(tx: Database, table: PgTable, where: SQL): Promise<void> {
  const some = sql`ctid = any(array(select ctid from ${table} where ${where} limit ${REMOVED_ROWS}))`;
  for (;;) {
    const removed = await tx.delete(table).where(some).returning({ one: sql`1` });
    if (removed.length < REMOVED_ROWS) return;
    await eventLoopTurn();
  }
}

export function datasetRepository(db: Database): DatasetRepository {
  return {
    async create(dataset, itsClasses) {
      await atomically(db, async (tx) => {
        await tx.insert(datasets).values(dataset);
        for await (const rows of inBatches(itsClasses))
          await tx.insert(classes).values(rows.map((row) => ({ ...row, dataset: dataset.id })));
        await checkClasses(tx, dataset.id);
      });
    },
    async get(id) {
      return (await db.select(COLUMNS).from(datasets).where(eq(datasets.id, id)))[0];
    },
    page: ({ owner, ...request }) =>
      readPage(request, { schema: BY_TIME, of: ({ changedAt, id }) => [changedAt, id] }, (after, limit) =>
        db
          .select(COLUMNS)
          .from(datasets)
          .where(
            and(
              owner === undefined ? undefined : eq(datasets.owner, owner),
              below([datasets.changedAt, datasets.id], after),
            ),
          )
          .orderBy(desc(datasets.changedAt), desc(datasets.id))
          .limit(limit),
      ),
    async update(id, change) {
      if (Object.keys(change).length > 0) await db.update(datasets).set(change).where(eq(datasets.id, id));
    },
    async remove(id) {
      await atomically(db, async (tx) => {
        // what there may be much of goes in parts, and pictures before the classes that they name
        const itsRuns = tx.select({ id: runs.id }).from(runs).where(eq(runs.dataset, id));
        const itsUploads = tx.select({ id: uploads.id }).from(uploads).where(eq(uploads.dataset, id));
        await removeAll(tx, images, eq(images.dataset, id));
        await removeAll(tx, events, inArray(events.run, itsRuns));
        await removeAll(tx, uploadFiles, inArray(uploadFiles.upload, itsUploads));
        await removeAll(tx, edits, eq(edits.dataset, id));
        await tx.delete(datasets).where(eq(datasets.id, id));
      });
    },
    classes: (dataset) =>
      db.select().from(classes).where(eq(classes.dataset, dataset)).orderBy(asc(classes.position)),
    counts: (dataset) => readCounts(db, dataset),
    async resplit(dataset, rule, parts, at) {
      await atomically(db, async (tx) => {
        const { split } = await lockDataset(tx, dataset);
        if (rule.version <= split.version) {
          const what = "This data set has another split by now.";
          throw new CoreError("conflict", { what, fix: "Look at it again, then split it." });
        }
        await dealParts(tx, dataset, parts, { isWhole: true });
        await tx.update(datasets).set({ split: rule, changedAt: at }).where(eq(datasets.id, dataset));
      });
    },
  };
}
