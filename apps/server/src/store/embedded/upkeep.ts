import type { PGlite } from "@electric-sql/pglite";

/*
 * PostgreSQL has processes of its own that write a checkpoint now and then and clear away dead rows; PGlite has none. Without these
 * its log of changes grows for ever (400 MB of it were kept after as much was written), and so do tables whose rows change.
 */

/** Written since the last checkpoint; what a killed process's successor has to do again, and what the disk holds besides the rows. */
const LOG_BYTES = 64 * 2 ** 20;
const LOOK_MS = 30_000;
/**
 * Every so many looks tables are looked at, too: once a minute, as PostgreSQL does. Until a table that was filled is counted, the
 * planner takes it for small: a page of 200 of 100,000 pictures took 19 times as long as afterwards.
 */
const TABLES_EVERY = 2;

/** PostgreSQL's own defaults: a table is cleared when this many of its rows and this share of them are dead. */
const DEAD = { rows: 50, share: 0.2 } as const;

async function writeCheckpoint(client: PGlite): Promise<void> {
  const { rows } = await client.query<{ bytes: number }>(
    "select (pg_current_wal_lsn() - redo_lsn)::float8 as bytes from pg_control_checkpoint()",
  );
  if ((rows[0]?.bytes ?? 0) > LOG_BYTES) await client.query("checkpoint");
}

async function clearTables(client: PGlite): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select format('%I.%I', s.schemaname, s.relname) as name
       from pg_stat_user_tables s join pg_class c on c.oid = s.relid
      where greatest(s.n_dead_tup, s.n_mod_since_analyze) > $1 + $2 * greatest(c.reltuples, 0)`,
    [DEAD.rows, DEAD.share],
  );
  for (const { name } of rows) await client.query(`vacuum (analyze) ${name}`);
}

/**
 * Writes a checkpoint where much was written since the last one.
 * @param options.areTablesDue clears dead rows away, too, where there are many, and counts rows anew where many have changed, for
 *   the planner.
 */
export async function upkeep(
  client: PGlite,
  { areTablesDue }: { readonly areTablesDue: boolean },
): Promise<void> {
  if (areTablesDue) await clearTables(client);
  await writeCheckpoint(client);
}

/** @returns what ends it, and waits for what is under way. */
export function keepUp(client: PGlite): () => Promise<void> {
  let looks = 0;
  let underWay: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    // a disk that is full tells whoever writes; the next look may find room
    underWay = upkeep(client, { areTablesDue: ++looks % TABLES_EVERY === 0 }).catch(() => undefined);
  }, LOOK_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await underWay;
  };
}
