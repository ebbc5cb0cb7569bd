import { CoreError } from "@graft/core";
import { type AnyColumn, type SQL, sql } from "drizzle-orm";
import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import * as z from "zod";
import { isLost } from "./patience.ts";
import { storable } from "./schema/columns.ts";
import { sqlState } from "./store-error.ts";

/** PGlite or PostgreSQL, or a transaction of one of them. */
export type Database = PgDatabase<PgQueryResultHKT>;

/** Rows of one statement: few enough for 65,535 parameters, enough that a statement's own cost does not count. */
const BATCH_ROWS = 500;

/** A deadlock, or two transactions that cannot have been one after the other: nothing was done, and it may be tried again. */
const PASSING = new Set(["40P01", "40001"]);
const ATTEMPTS = 5;

/** All that `work` does, or nothing; it may be called again. */
export async function atomically<T>(db: Database, work: (tx: Database) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    let isWhole = false;
    try {
      return await db.transaction(async (tx) => {
        const result = await work(tx);
        isWhole = true;
        return result;
      });
    } catch (error) {
      // a connection that goes takes what was not whole with it; of one that went with the last word nobody knows
      const isUndone = PASSING.has(sqlState(error) ?? "") || (isLost(error) && !isWhole);
      if (attempt === ATTEMPTS || !isUndone) throw error;
    }
  }
}

/** PGlite holds the thread while it works: others have a turn. */
export function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Parts of a list, each for one statement. */
export async function* inBatches<T>(items: readonly T[], size = BATCH_ROWS): AsyncIterable<T[]> {
  for (let start = 0; start < items.length; start += size) {
    if (start > 0) await eventLoopTurn();
    yield items.slice(start, start + size);
  }
}

/** True where a column has one of the values: one parameter however many there are. */
export function isOneOf(column: AnyColumn, values: readonly string[]): SQL {
  return sql`${column} = any(${sql.param(values.map(storable))}::text[])`;
}

/** As both drivers answer a plain statement. */
const answerSchema = z.object({ rows: z.array(z.record(z.string(), z.unknown())) });

/** The rows that a plain statement answers, as the driver gives them: text as text, all else is its own affair. */
export async function ask(database: Database, statement: SQL): Promise<Record<string, unknown>[]> {
  return answerSchema.parse(await database.execute(statement)).rows;
}

/** Keys of one question; each is found by an index. */
const ASKED = 2000;

/** What many keys name, asked for in parts. */
export async function findAll<T>(
  keys: readonly string[],
  find: (keys: readonly string[]) => PromiseLike<readonly T[]>,
): Promise<T[]> {
  const found: T[] = [];
  for await (const some of inBatches([...new Set(keys)], ASKED)) found.push(...(await find(some)));
  return found;
}

/** What an id that must be there does not name. */
export function gone(what: string, id: string): CoreError {
  return new CoreError("not-found", {
    what: `There is no such ${what}.`,
    received: id,
    fix: "List them to see which there are.",
  });
}
