import { CoreError } from "@graft/core";
import { type SQL, sql } from "drizzle-orm";
import { ask, type Database, eventLoopTurn } from "../database.ts";
import { COPIED_TABLES, type TableShape } from "./tables.ts";

/** Every value as text, or null. */
export type TextRow = Readonly<Record<string, unknown>>;

const list = (names: readonly string[], of: (name: string) => SQL): SQL => sql.join(names.map(of), sql`, `);
const plain = (name: string): SQL => sql`${sql.identifier(name)}`;
/** Of the table itself, not what is selected of it: numbers in order of their value. */
const inTable = (name: string): SQL => sql`t.${sql.identifier(name)}`;

/** All rows in order of their key, some hundreds at a time. */
export async function* readRows(
  tx: Database,
  { table, columns, types, key, batch }: TableShape,
): AsyncGenerator<TextRow[]> {
  const typed = (name: string, value: unknown): SQL =>
    sql`${value}::${sql.raw(types[columns.indexOf(name)] ?? "text")}`;
  const selected = list(columns, (name) => sql`${inTable(name)}::text as ${plain(name)}`);
  let last: TextRow | undefined;
  for (;;) {
    const values = last;
    const after =
      values && sql`where (${list(key, inTable)}) > (${list(key, (name) => typed(name, values[name]))})`;
    const rows = await ask(
      tx,
      sql`select ${selected} from ${table} as t ${after ?? sql``} order by ${list(key, inTable)} limit ${batch}`,
    );
    if (rows.length > 0) yield rows;
    last = rows.at(-1);
    if (!last || rows.length < batch) return;
    await eventLoopTurn();
  }
}

/** Rows go as one text, in which a number and a truth are words, too: what was read is what is written, whatever the driver. */
export async function writeRows(
  tx: Database,
  { table, columns, types }: TableShape,
  rows: readonly TextRow[],
): Promise<void> {
  const typed = sql.join(
    columns.map((name, n) => sql`${plain(name)} ${sql.raw(types[n] ?? "text")}`),
    sql`, `,
  );
  await tx.execute(sql`insert into ${table} (${list(columns, plain)})
    select ${list(columns, plain)} from json_to_recordset(${JSON.stringify(rows)}::json) as given(${typed})`);
}

/** @param name of the store, for people. @throws CoreError `conflict` when one of the tables has a row. */
export async function checkNoRows(tx: Database, name: string): Promise<void> {
  for (const shape of COPIED_TABLES) {
    const rows = await ask(tx, sql`select 1 as one from ${shape.table} limit 1`);
    if (rows.length > 0)
      throw new CoreError("conflict", {
        what: "The store that is to be filled is not empty.",
        ...{
          received: `${name} with rows in ${shape.name}`,
          fix: "Give an empty one; a folder is put aside by giving it another name.",
        },
      });
  }
}
