import type { BlobKind, BlobRepository, NamedBlob } from "@graft/api";
import { and, asc, eq, gt, isNotNull, like, lt, lte, or, type SQL, sql } from "drizzle-orm";
import { type PgColumn, unionAll } from "drizzle-orm/pg-core";
import { atomically, type Database, inBatches, isOneOf } from "../database.ts";
import { patiently } from "../patience.ts";
import { blobDeletions, blobHolds, images, runFiles, runs, searches, uploadFiles } from "../schema/index.ts";
import { startNaming, stopNaming } from "./blob-names.ts";

interface Names {
  readonly hash: PgColumn;
  /** The column of their bytes, where one says it. */
  readonly bytes?: PgColumn;
  readonly where?: SQL;
  readonly kind: BlobKind;
}

const isModel = like(runFiles.path, "model/%");
const isCheckpoint = like(runFiles.path, "checkpoints/%");

/** Columns that name blobs, each with an index; a blob that several name is of the first one's kind. */
const NAMES: readonly [Names, Names, ...Names[]] = [
  { kind: "picture", hash: images.hash, bytes: images.bytes },
  { kind: "thumbnail", hash: images.thumbnail, where: isNotNull(images.thumbnail) },
  { kind: "upload", hash: uploadFiles.hash, bytes: uploadFiles.bytes, where: sql`${uploadFiles.isHere}` },
  { kind: "model", hash: runFiles.hash, bytes: runFiles.bytes, where: isModel },
  { kind: "checkpoint", hash: runFiles.hash, bytes: runFiles.bytes, where: isCheckpoint },
  { kind: "run", hash: runs.frozen },
  { kind: "run", hash: searches.frozen },
  {
    ...{ kind: "run", hash: runFiles.hash, bytes: runFiles.bytes },
    where: sql`not (${or(isModel, isCheckpoint)})`,
  },
];

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

export function blobRepository(db: Database): BlobRepository {
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
        for (const { hash, bytes, where, kind } of NAMES) {
          const rows = await patiently(() =>
            db
              .selectDistinctOn([hash], { hash, bytes: bytes ?? sql<null>`null` })
              .from(hash.table)
              .where(and(gt(hash, after), where))
              .orderBy(asc(hash))
              .limit(LIST_ROWS),
          );
          for (const row of rows) {
            const key = String(row.hash);
            const known = found.get(key);
            const said = row.bytes === null ? null : Number(row.bytes);
            found.set(key, { hash: key, bytes: known?.bytes ?? said, kind: known?.kind ?? kind });
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
