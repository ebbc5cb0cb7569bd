import { sql } from "drizzle-orm";
import type { Database } from "../store/database.ts";

/** What the tables of a server, and those of its queue, take in their database. @throws as the database. */
export async function databaseBytes(database: Database): Promise<number> {
  const [found] = await database
    .select({ bytes: sql`coalesce(sum(pg_total_relation_size(pg_class.oid)), 0)` })
    .from(sql`pg_class join pg_namespace on pg_namespace.oid = relnamespace`)
    .where(sql`nspname in ('graft', 'pgboss') and relkind in ('r', 'm')`);
  return Number(found?.bytes ?? 0);
}
