import { join } from "node:path";
import { CoreError } from "@graft/core";
import { packageFolder } from "@graft/core/node";
import { sql } from "drizzle-orm";
import { type MigrationMeta, readMigrationFiles } from "drizzle-orm/migrator";
import { ask, type Database } from "./database.ts";

/** What drizzle-kit made of `schema/`; both databases take it. */
export const MIGRATIONS = join(packageFolder(import.meta.dirname), "migrations");

/** "graf" and "sql " in ASCII: two servers that start at once do this one after the other. */
const LOCK = sql.raw("1735549286, 1936813088");

export interface MigrationState {
  /** There is no store yet. */
  readonly isNew: boolean;
  /** What this version has and the store lacks, in order. */
  readonly pending: readonly MigrationMeta[];
}

/**
 * What is to be done to a store before this version can use it.
 * @param where for people.
 * @throws CoreError `unsupported` for the store of a newer graft.
 */
export async function migrationState(
  database: Database,
  where: string,
  folder = MIGRATIONS,
): Promise<MigrationState> {
  const known = readMigrationFiles({ migrationsFolder: folder });
  const [table] = await ask(database, sql`select to_regclass('graft_migrations.applied')::text as name`);
  if (table?.name == null) return { isNew: true, pending: known };
  const rows = await ask(database, sql`select hash, made_at from graft_migrations.applied`);
  const hashes = new Set(known.map(({ hash }) => hash));
  const foreign = rows.filter(({ hash }) => !hashes.has(String(hash))).length;
  if (foreign > 0)
    throw new CoreError("unsupported", {
      what: `The store ${where} was written by a newer graft.`,
      received: `${rows.length} changes of its form, ${foreign} of them unknown`,
      ...{ expected: `at most the ${known.length} of this version`, fix: "Use that newer version of graft." },
    });
  const applied = new Set(rows.map(({ hash }) => String(hash)));
  return { isNew: rows.length === 0, pending: known.filter(({ hash }) => !applied.has(hash)) };
}

/**
 * Brings a store into this version's form, wholly or not at all; whoever else wants to waits.
 * @param options.before called once before the first change to a store that is not new, in the transaction.
 * @throws CoreError `unsupported` for the store of a newer graft.
 */
export async function migrate(
  database: Database,
  where: string,
  {
    folder = MIGRATIONS,
    before,
  }: {
    readonly folder?: string | undefined;
    readonly before?: (tx: Database) => Promise<void>;
  } = {},
): Promise<void> {
  if ((await migrationState(database, where, folder)).pending.length === 0) return;
  await database.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${LOCK})`);
    // another server may have done it while this one waited
    const { isNew, pending } = await migrationState(tx, where, folder);
    if (pending.length === 0) return;
    if (isNew) await tx.execute(sql`create schema if not exists graft_migrations`);
    await tx.execute(
      sql`create table if not exists graft_migrations.applied (hash text primary key, made_at bigint not null)`,
    );
    if (!isNew) await before?.(tx);
    for (const { sql: statements, hash, folderMillis } of pending) {
      for (const statement of statements) await tx.execute(sql.raw(statement));
      await tx.execute(sql`insert into graft_migrations.applied values (${hash}, ${folderMillis})`);
    }
  });
}
