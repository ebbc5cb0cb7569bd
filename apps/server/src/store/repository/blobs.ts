import type { BlobKind, BlobRepository, NamedBlob } from "@graft/api";
import { and, asc, eq, gt, isNotNull, like, lt, lte, type SQL, sql } from "drizzle-orm";
import { type PgColumn, unionAll } from "drizzle-orm/pg-core";
import { atomically, type Database, inBatches, isOneOf } from "../database.ts";
import { Patience } from "../patience.ts";
import {
  blobDeletions,
  blobHolds,
  images,
  modelJobs,
  runFiles,
  runs,
  searches,
  uploadFiles,
} from "../schema/index.ts";
import { startNaming, stopNaming } from "./blob-names.ts";

interface Names {
  readonly hash: PgColumn;
  /** The column of their bytes, where one says it. */
  readonly bytes?: PgColumn;
  readonly where?: SQL;
  /** One kind, or those that `which` tells apart. */
  readonly kinds: readonly BlobKind[];
  /** Place among `kinds`; of several the first one counts. */
  readonly which?: SQL<number>;
}

const RUN_FILE_KINDS = ["model", "checkpoint", "old-checkpoint", "export", "run"] as const;
const isCheckpoint = like(runFiles.path, "checkpoints/%");
/** Nobody goes on with its run: `DONE_WITH` of the API. */
const isLeftOver = sql`exists (select 1 from ${runs} where ${eq(runs.id, runFiles.run)} and ${runs.state} in ('completed', 'cancelled'))`;
// the conditions are pieces of their own: of what is written out here the tables' names would be left out
const runFileKind = sql<number>`case when ${like(runFiles.path, "model/%")} then 0
  when ${and(isCheckpoint, sql`not ${isLeftOver}`)} then 1 when ${isCheckpoint} then 2
  when ${like(runFiles.path, "exports/%")} then 3 else 4 end`;

/** Columns that name blobs, each with an index; a blob that several name is of the first one's kind. */
const NAMES: readonly [Names, Names, ...Names[]] = [
  { kinds: ["picture"], hash: images.hash, bytes: images.bytes },
  { kinds: ["thumbnail"], hash: images.thumbnail, where: isNotNull(images.thumbnail) },
  {
    ...{ kinds: ["upload"], hash: uploadFiles.hash, bytes: uploadFiles.bytes },
    where: sql`${uploadFiles.isHere}`,
  },
  { kinds: RUN_FILE_KINDS, which: runFileKind, hash: runFiles.hash, bytes: runFiles.bytes },
  { kinds: ["run"], hash: runs.frozen },
  { kinds: ["run"], hash: searches.frozen },
  { kinds: ["evaluation"], hash: modelJobs.sent, where: isNotNull(modelJobs.sent) },
  { kinds: ["evaluation"], hash: modelJobs.result, where: isNotNull(modelJobs.result) },
];

const FIRST = sql<number>`0`;
const LIST_ROWS = 500;
const ASKED = 2000;

/** By one query: each picture that comes is asked for, and each file of a run. */
async function findNamed(db: Database, hashes: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for await (const some of inBatches([...new Set(hashes)], ASKED)) {
    const named = ({ hash, where }: Names) =>
      db
        .select({ hash: sql<string>`${hash}` })
        .from(hash.table)
        .where(and(isOneOf(hash, some), where));
    const [first, second, ...others] = NAMES;
    const rows = await unionAll(named(first), named(second), ...others.map(named));
    for (const { hash } of rows) found.add(hash);
  }
  return found;
}

export function blobRepository(db: Database, patience = new Patience()): BlobRepository {
  return {
    hold: (hashes, { id, until }) =>
      atomically(db, async (tx) => {
        await startNaming(tx);
        const deleted = new Set<string>();
        for await (const some of inBatches([...new Set(hashes)], ASKED)) {
          for (const { hash } of await tx
            .select({ hash: blobDeletions.hash })
            .from(blobDeletions)
            .where(isOneOf(blobDeletions.hash, some)))
            deleted.add(hash);
          const free = some.filter((hash) => !deleted.has(hash));
          if (free.length === 0) continue;
          await tx
            .insert(blobHolds)
            .values(free.map((hash) => ({ id, hash, until })))
            .onConflictDoUpdate({ target: [blobHolds.id, blobHolds.hash], set: { until } });
        }
        return deleted;
      }),
    async releaseHold(id) {
      await db.delete(blobHolds).where(eq(blobHolds.id, id));
    },
    beginDeletion: (hashes, { now, staleBefore }) =>
      atomically(db, async (tx) => {
        await stopNaming(tx);
        await tx.delete(blobHolds).where(lte(blobHolds.until, now));
        const mine = new Set<string>();
        for await (const some of inBatches([...new Set(hashes)], ASKED)) {
          const holds = await tx
            .selectDistinct({ hash: blobHolds.hash })
            .from(blobHolds)
            .where(isOneOf(blobHolds.hash, some));
          const needed = new Set([...holds.map(({ hash }) => hash), ...(await findNamed(tx, some))]);
          const free = some.filter((hash) => !needed.has(hash));
          if (free.length === 0) continue;
          const marked = await tx
            .insert(blobDeletions)
            .values(free.map((hash) => ({ hash, begunAt: now })))
            .onConflictDoUpdate({
              target: blobDeletions.hash,
              set: { begunAt: now },
              setWhere: lt(blobDeletions.begunAt, staleBefore),
            })
            .returning({ hash: blobDeletions.hash });
          for (const { hash } of marked) mine.add(hash);
        }
        return mine;
      }),
    async endDeletion(hashes) {
      for await (const some of inBatches([...hashes], ASKED))
        await db.delete(blobDeletions).where(isOneOf(blobDeletions.hash, some));
    },
    deletions: () =>
      db.select().from(blobDeletions).orderBy(asc(blobDeletions.begunAt), asc(blobDeletions.hash)),
    named: (hashes) => findNamed(db, hashes),
    async *all() {
      let after = "";
      for (;;) {
        // the first hashes of each column hold the first of all of them
        const found = new Map<string, NamedBlob>();
        for (const { hash, bytes, where, kinds, which } of NAMES) {
          const rows = await patience.ask(() =>
            db
              .selectDistinctOn([hash], {
                hash,
                bytes: bytes ?? sql<null>`null`,
                which: which ? sql`${which}` : FIRST,
              })
              .from(hash.table)
              .where(and(gt(hash, after), where))
              .orderBy(asc(hash), ...(which ? [which] : []))
              .limit(LIST_ROWS),
          );
          for (const row of rows) {
            const key = String(row.hash);
            const known = found.get(key);
            const said = row.bytes === null ? null : Number(row.bytes);
            const kind = known?.kind ?? kinds[Number(row.which)];
            if (kind) found.set(key, { hash: key, bytes: known?.bytes ?? said, kind });
          }
        }
        const page = [...found.values()].sort((a, b) => (a.hash < b.hash ? -1 : 1)).slice(0, LIST_ROWS);
        if (page.length > 0) yield page;
        const last = page.at(-1);
        if (!last || page.length < LIST_ROWS) return;
        after = last.hash;
      }
    },
  };
}
