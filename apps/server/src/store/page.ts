import type { Page, PageRequest } from "@graft/api";
import { CoreError, quotedText } from "@graft/core";
import { type AnyColumn, type SQL, sql } from "drizzle-orm";
import * as z from "zod";
import { isStorable } from "./schema/columns.ts";

/** Values of the columns that a list is ordered by, of the last row that was given. */
type Key = readonly (string | number)[];

const keyText = z.string().refine(isStorable);
export const BY_TIME = z.tuple([z.int(), keyText]);
export const BY_NUMBER = z.tuple([z.int32()]);
export const BY_NAME = z.tuple([keyText, keyText]);
export const BY_PATH = z.tuple([keyText]);

function encodeCursor(key: Key): string {
  return Buffer.from(JSON.stringify(key)).toString("base64url");
}

function decodeCursor<K extends Key>(cursor: string, schema: z.ZodType<K>): K {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
  } catch (cause) {
    throw new CoreError(
      "bad-input",
      {
        ...{ what: "A list cannot be gone on with.", received: quotedText(cursor) },
        ...{ expected: "`next` of its page before, with the same filter", fix: "Ask for its first page." },
      },
      { cause },
    );
  }
}

/**
 * One page by key.
 * @param key.of the key of a row, in the order of the list.
 * @param read rows that come after a key, at most so many.
 * @throws CoreError `bad-input` for a cursor that is none of this list.
 */
export async function readPage<K extends Key, T>(
  { after, limit }: PageRequest,
  key: { readonly schema: z.ZodType<K>; readonly of: (row: T) => K },
  read: (after: K | undefined, limit: number) => Promise<readonly T[]>,
): Promise<Page<T>> {
  const rows = await read(after === undefined ? undefined : decodeCursor(after, key.schema), limit + 1);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return rows.length > limit && last !== undefined ? { items, next: encodeCursor(key.of(last)) } : { items };
}

const tuple = (parts: readonly unknown[]): SQL =>
  sql`(${sql.join(
    parts.map((part) => sql`${part}`),
    sql`, `,
  )})`;

/** Rows after a key in rising order; undefined: all. */
export function above(columns: readonly AnyColumn[], key: Key | undefined): SQL | undefined {
  return key && sql`${tuple(columns)} > ${tuple(key)}`;
}

/** Rows after a key in falling order; undefined: all. */
export function below(columns: readonly AnyColumn[], key: Key | undefined): SQL | undefined {
  return key && sql`${tuple(columns)} < ${tuple(key)}`;
}
