import type { BlobKind, BlobRepository, NamedBlob } from "@graft/api";
import { and, asc, eq, gt, isNotNull, like, lt, lte, or, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { atomically, type Database, inBatches, isOneOf } from "../database.ts";
import { blobDeletions, blobHolds, images, runFiles, runs, uploadFiles } from "../schema/index.ts";
import { nameBlobs, stopNaming } from "./blob-names.ts";

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
const NAMES: readonly Names[] = [
  { kind: "picture", hash: images.hash, bytes: images.bytes },
  { kind: "thumbnail", hash: images.thumbnail, where: isNotNull(images.thumbnail) },
  { kind: "upload", hash: uploadFiles.hash, bytes: uploadFiles.bytes, where: sql`${uploadFiles.isHere}` },
  { kind: "model", hash: runFiles.hash, bytes: runFiles.bytes, where: isModel },
  { kind: "checkpoint", hash: runFiles.hash, bytes: runFiles.bytes, where: isCheckpoint },
  { kind: "run", hash: runs.frozen },
  {
    ...{ kind: "run", hash: runFiles.hash, bytes: runFiles.bytes },
    where: sql`not (${or(isModel, isCheckpoint)})`,
  },
];

const LIST_ROWS = 500;
const ASKED = 2000;

async function findNamed(db: Database, hashes: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for await (const some of inBatches([...new Set(hashes)], ASKED))
    for (const { hash, where } of NAMES) {
      const rows = await db
        .selectDistinct({ hash })
        .from(hash.table)
        .where(and(isOneOf(hash, some), where));
      for (const row of rows) found.add(String(row.hash));
    }
  return found;
}

export function blobRepository(db: Database): BlobRepository {
  return {
    hold: (hash, { id, until }) =>
      atomically(db, async (tx) => {
        await nameBlobs(tx, []);
        const deleted = await tx.select().from(blobDeletions).where(eq(blobDeletions.hash, hash));
        if (deleted.length > 0) return false;
        await tx
          .insert(blobHolds)
          .values({ id, hash, until })
          .onConflictDoUpdate({ target: [blobHolds.id, blobHolds.hash], set: { until } });
        return true;
      }),
    async releaseHold(id) {
      await db.delete(blobHolds).where(eq(blobHolds.id, id));
    },
    beginDeletion: (hash, { now, staleBefore }) =>
      atomically(db, async (tx) => {
        await stopNaming(tx);
        await tx.delete(blobHolds).where(lte(blobHolds.until, now));
        const holds = await tx.select().from(blobHolds).where(eq(blobHolds.hash, hash)).limit(1);
        if (holds.length > 0 || (await findNamed(tx, [hash])).size > 0) return false;
        await tx
          .delete(blobDeletions)
          .where(and(eq(blobDeletions.hash, hash), lt(blobDeletions.begunAt, staleBefore)));
        const marked = await tx
          .insert(blobDeletions)
          .values({ hash, begunAt: now })
          .onConflictDoNothing()
          .returning({ hash: blobDeletions.hash });
        return marked.length > 0;
      }),
    async endDeletion(hash) {
      await db.delete(blobDeletions).where(eq(blobDeletions.hash, hash));
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
          const rows = await db
            .selectDistinctOn([hash], { hash, bytes: bytes ?? sql<null>`null` })
            .from(hash.table)
            .where(and(gt(hash, after), where))
            .orderBy(asc(hash))
            .limit(LIST_ROWS);
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
