import type { LeaseRepository } from "@graft/api";
import { CoreError } from "@graft/core";
import { sql } from "drizzle-orm";
import type { Database } from "../store/database.ts";
import type { Store } from "../store/store.ts";

/** Name of a lease without an end: a restore into the store was begun, and its rows are not there. */
const RESTORING = "store/restoring";

/** Marks a store before anything is brought to it. */
export async function beginRestore(leases: LeaseRepository, backup: string): Promise<void> {
  await leases.acquire(RESTORING, { holder: backup, now: 0, until: Number.MAX_SAFE_INTEGER });
}

/** Takes the mark away, in the transaction that brings the rows, or where nothing was brought. */
export async function endRestore(tx: Database): Promise<void> {
  await tx.execute(sql`delete from graft.leases where name = ${RESTORING}`);
}

/**
 * Looks whether all that was to be brought to a store is there.
 * @throws CoreError `conflict` for one into which a restore was begun and not finished.
 */
export async function checkRestored({ name, repository }: Pick<Store, "name" | "repository">): Promise<void> {
  const backup = await repository.leases.holder(RESTORING, 0);
  if (backup === undefined) return;
  throw new CoreError("conflict", {
    what: "A backup was being restored into this store, and that did not come to its end.",
    received: `${name}, restored from ${backup}`,
    fix: "Restore it once more: graft server restore FILE.",
  });
}
