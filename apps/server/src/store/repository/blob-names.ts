import { CoreError } from "@graft/core";
import { sql } from "drizzle-orm";
import type { Database } from "../database.ts";
import { blobDeletions } from "../schema/index.ts";

/** Any number that nothing else locks: "graf" and "blob" in ASCII. */
const LOCK = sql.raw("1735549286, 1651273570");

/**
 * Before rows that name blobs are written: from here to the end of the transaction nobody begins to delete one. To be the first
 * that a transaction does.
 * @throws CoreError `conflict` when one of them is being deleted: who does not hold it before cannot name it.
 */
export async function nameBlobs(tx: Database, hashes: Iterable<string>): Promise<void> {
  await startNaming(tx);
  // a statement of its own: one that waited for the lock would look at what was there before
  const deleted = new Set(
    (await tx.select({ hash: blobDeletions.hash }).from(blobDeletions)).map((row) => row.hash),
  );
  if (deleted.size === 0) return;
  for (const hash of hashes)
    if (deleted.has(hash))
      throw new CoreError("conflict", {
        ...{
          what: "These bytes are just being removed.",
          received: hash,
          fix: "Bring them again in a moment.",
        },
      });
}

/** From here to the end of the transaction nobody begins to delete a blob. To be the first that a transaction does. */
export async function startNaming(tx: Database): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock_shared(${LOCK})`);
}

/** From here to the end of the transaction nobody names a blob. */
export async function stopNaming(tx: Database): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${LOCK})`);
}
