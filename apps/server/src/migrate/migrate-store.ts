import { CoreError } from "@graft/core";
import { sql } from "drizzle-orm";
import { checkRestored } from "../backup/restoring.ts";
import { openPlace, type StorePlace } from "../serve/store-place.ts";
import { copyStore } from "../store/copy/copy-store.ts";
import { type CopiedTable, countTable } from "../store/copy/counted-rows.ts";
import type { CopyOptions } from "../store/copy/fill-table.ts";
import { COPIED_TABLES } from "../store/copy/tables.ts";
import { ask, type Database } from "../store/database.ts";
import { openStore } from "../store/open-store.ts";
import type { Store } from "../store/store.ts";

/** Where the rows go: a PostgreSQL database, or the embedded store of the same home. */
export type MigrationTarget = { readonly databaseUrl: string } | "home";

export interface MigratedStore {
  /** For people: where the rows were, which is as it was, and where they are now. */
  readonly from: string;
  readonly to: string;
  /** Of each side, counted by itself once all was done. */
  readonly tables: readonly { readonly from: CopiedTable; readonly to: CopiedTable }[];
  /** For people: where the blobs are, before and now. */
  readonly blobs: string;
}

/** A server's queue listens on a connection of this name for as long as it runs. */
async function checkNoServer({ kind, name, database }: Store): Promise<void> {
  if (kind !== "postgres") return;
  const servers = await ask(
    database,
    sql`select 1 as one from pg_stat_activity where datname = current_database() and application_name = 'pgboss'`,
  );
  if (servers.length > 0)
    throw new CoreError("conflict", {
      what: "A server works on this store.",
      ...{ received: name, fix: "End every server that uses it first." },
    });
}

const countAll = (database: Database): Promise<readonly CopiedTable[]> =>
  database.transaction(async (tx) => {
    const counted: CopiedTable[] = [];
    for (const shape of COPIED_TABLES) counted.push(await countTable(tx, shape));
    return counted;
  });

/**
 * Copies the rows of a server's store into another, empty one, and hands the place of its blobs on to that: a server on the old
 * one is refused there from then on, because two stores would remove each other's. The old rows stay as they are. Killed in
 * between, either nothing was copied or the place is the old store's still.
 * @throws CoreError `conflict` while a server works on one of them, or for a target with rows, `bad-input` for a target that is
 *   the source, as `copyStore` and `openStore`.
 */
export async function migrateStore(
  place: StorePlace,
  target: MigrationTarget,
  options: CopyOptions = {},
): Promise<MigratedStore> {
  if (target === "home" && place.databaseUrl === undefined)
    throw new CoreError("bad-input", {
      what: "The rows are in the home's own store already.",
      received: place.home,
      fix: "Say by DATABASE_URL which PostgreSQL they are in, or give the address of one to move them to.",
    });
  await using from = await openPlace(place, { isThere: true });
  await checkNoServer(from.store);
  await checkRestored(from.store);
  const { onNotice = () => undefined } = place;
  await using to = await openStore(
    target === "home" ? { home: place.home, onNotice } : { url: target.databaseUrl, onNotice },
  );
  await checkNoServer(to);
  // whose the place of the blobs is, is looked at before anything is copied
  await from.blobs();
  await copyStore(from.store, to, { ...options, takesId: false });
  const blobs = await from.blobs({ handOnTo: to });
  const [before, after] = [await countAll(from.store.database), await countAll(to.database)];
  const tables = before.map((table, n) => ({ from: table, to: sameTable(table, after[n]) }));
  return { from: from.store.name, to: to.name, blobs: blobs.name, tables };
}

/** @throws CoreError `corrupt` */
function sameTable(from: CopiedTable, to: CopiedTable | undefined): CopiedTable {
  if (to !== undefined && from.rows === to.rows && from.hash === to.hash) return to;
  throw new CoreError("corrupt", {
    what: `The rows of ${from.table} are others in the copy.`,
    received: `${to?.rows ?? 0} rows, ${to?.hash ?? "none"}`,
    expected: `${from.rows} rows, ${from.hash}`,
    fix: "Empty the new store and go on with the old one.",
  });
}
