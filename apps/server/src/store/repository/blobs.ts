import type { BlobRepository } from "@graft/api";
import { and, asc, eq, gt, isNotNull, lte, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { atomically, type Database, inBatches, isOneOf } from "../database.ts";
import { blobDeletions, blobHolds, images, runFiles, runs, uploadFiles } from "../schema/index.ts";
import { nameBlobs, stopNaming } from "./blob-names.ts";

/** Columns that name blobs, with the column of their bytes where one says it. Each has an index. */
const NAMES: readonly { readonly hash: PgColumn; readonly bytes?: PgColumn; readonly where?: SQL }[] = [
  { hash: images.hash, bytes: images.bytes },
  { hash: images.thumbnail, where: isNotNull(images.thumbnail) },
  { hash: runs.frozen },
  { hash: runFiles.hash, bytes: runFiles.bytes },
  { hash: uploadFiles.hash, bytes: uploadFiles.bytes, where: sql`${uploadFiles.isHere}` },
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
    beginDeletion: (hash, now) =>
      atomically(db, async (tx) => {
        await stopNaming(tx);
        await tx.delete(blobHolds).where(lte(blobHolds.until, now));
        const holds = await tx.select().from(blobHolds).where(eq(blobHolds.hash, hash)).limit(1);
        if (holds.length > 0 || (await findNamed(tx, [hash])).size > 0) return false;
        await tx.insert(blobDeletions).values({ hash, begunAt: now }).onConflictDoNothing();
        return true;
      }),
    async endDeletion(hash) {
      await db.delete(blobDeletions).where(eq(blobDeletions.hash, hash));
    },
    async deletions() {
      const rows = await db
        .select({ hash: blobDeletions.hash })
        .from(blobDeletions)
        .orderBy(asc(blobDeletions.begunAt), asc(blobDeletions.hash));
      return rows.map(({ hash }) => hash);
    },
    named: (hashes) => findNamed(db, hashes),
    async *all() {
      let after = "";
      for (;;) {
        // the first hashes of each column hold the first of all of them
        const found = new Map<string, number | null>();
        for (const { hash, bytes, where } of NAMES) {
          const rows = await db
            .selectDistinctOn([hash], { hash, bytes: bytes ?? sql<null>`null` })
            .from(hash.table)
            .where(and(gt(hash, after), where))
            .orderBy(asc(hash))
            .limit(LIST_ROWS);
          for (const row of rows) {
            const said = found.get(String(row.hash));
            found.set(String(row.hash), said ?? (row.bytes === null ? null : Number(row.bytes)));
          }
        }
        const page = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, LIST_ROWS);
        if (page.length > 0) yield page.map(([hash, bytes]) => ({ hash, bytes }));
        const last = page.at(-1);
        if (!last || page.length < LIST_ROWS) return;
        after = last[0];
      }
    },
  };
}
