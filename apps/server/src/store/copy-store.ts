import { createHash } from "node:crypto";
import { STORE_ID } from "@graft/api";
import { CoreError, throwIfCancelled } from "@graft/core";
import { eq, type SQL, sql } from "drizzle-orm";
import { getTableConfig, type PgTable } from "drizzle-orm/pg-core";
import { ask, type Database, eventLoopTurn } from "./database.ts";
import * as schema from "./schema/index.ts";
import type { Store } from "./store.ts";
import { storeError } from "./store-error.ts";

/**
 * What is copied, each table after those that it refers to. Who holds what for a while (leases, holds, workers) is about processes,
 * which are others in the new place.
 */
const TABLES: readonly PgTable[] = [
  ...[schema.groups, schema.accounts, schema.tokens, schema.audit, schema.datasets, schema.classes],
  ...[schema.images, schema.edits, schema.uploads, schema.uploadFiles, schema.runs, schema.events],
  ...[schema.runFiles, schema.decisions, schema.searches, schema.blobDeletions],
];

const BATCH_ROWS = 500;
/** An edit has all pictures that it moved in one row. */
const LARGE_ROWS = new Map<PgTable, number>([[schema.edits, 20]]);

export interface CopiedTable {
  readonly table: string;
  readonly rows: number;
  /** sha256 of all rows' values as text, in order of their key: the same on both sides. */
  readonly hash: string;
}

export interface CopyOptions {
  /** Told after some hundred rows. */
  readonly onProgress?: (progress: { readonly table: string; readonly rows: number }) => void;
  readonly signal?: AbortSignal;
}

/** What is read and written of a table without knowing it: every value as text. */
interface Shape {
  readonly name: string;
  readonly table: SQL;
  readonly columns: readonly string[];
  readonly types: readonly string[];
  readonly key: readonly string[];
  readonly batch: number;
}

function shapeOf(table: PgTable): Shape {
  const { name, schema: folder, columns, primaryKeys } = getTableConfig(table);
  const single = columns.filter((column) => column.primary);
  return {
    name,
    table: sql`${sql.identifier(folder ?? "public")}.${sql.identifier(name)}`,
    columns: columns.map((column) => column.name),
    types: columns.map((column) => column.getSQLType().replace(/ collate .*/, "")),
    key: (primaryKeys[0]?.columns ?? single).map((column) => column.name),
    batch: LARGE_ROWS.get(table) ?? BATCH_ROWS,
  };
}

type Row = Readonly<Record<string, unknown>>;

const list = (names: readonly string[], of: (name: string) => SQL): SQL => sql.join(names.map(of), sql`, `);
const plain = (name: string): SQL => sql`${sql.identifier(name)}`;
/** Of the table itself, not what is selected of it: numbers in order of their value. */
const inTable = (name: string): SQL => sql`t.${sql.identifier(name)}`;

/** All rows in order of their key, some hundreds at a time. */
async function* readRows(tx: Database, { table, columns, types, key, batch }: Shape): AsyncIterable<Row[]> {
  const typed = (name: string, value: unknown): SQL =>
    sql`${value}::${sql.raw(types[columns.indexOf(name)] ?? "text")}`;
  const selected = list(columns, (name) => sql`${inTable(name)}::text as ${plain(name)}`);
  let last: Row | undefined;
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
async function writeRows(
  tx: Database,
  { table, columns, types }: Shape,
  rows: readonly Row[],
): Promise<void> {
  const typed = sql.join(
    columns.map((name, n) => sql`${plain(name)} ${sql.raw(types[n] ?? "text")}`),
    sql`, `,
  );
  await tx.execute(sql`insert into ${table} (${list(columns, plain)})
    select ${list(columns, plain)} from json_to_recordset(${JSON.stringify(rows)}::json) as given(${typed})`);
}

/** Counts and hashes what goes by. */
class Counted {
  rows = 0;
  readonly #hash = createHash("sha256");
  readonly #columns: readonly string[];

  constructor(columns: readonly string[]) {
    this.#columns = columns;
  }

  add(rows: readonly Row[]): void {
    this.rows += rows.length;
    for (const row of rows) this.#hash.update(JSON.stringify(this.#columns.map((name) => row[name])));
  }

  finish(table: string): CopiedTable {
    return { table, rows: this.rows, hash: this.#hash.digest("hex") };
  }
}

async function checkEmpty(tx: Database, name: string): Promise<void> {
  for (const table of TABLES) {
    const shape = shapeOf(table);
    const rows = await ask(tx, sql`select 1 as one from ${shape.table} limit 1`);
    if (rows.length > 0)
      throw new CoreError("conflict", {
        what: "The store that is copied to is not empty.",
        ...{ received: `${name} with rows in ${shape.name}`, fix: "Give an empty one." },
      });
  }
}

async function copyTable(
  from: Database,
  to: Database,
  shape: Shape,
  options: CopyOptions,
): Promise<CopiedTable> {
  const read = new Counted(shape.columns);
  for await (const rows of readRows(from, shape)) {
    throwIfCancelled(options.signal);
    read.add(rows);
    await writeRows(to, shape, rows);
    options.onProgress?.({ table: shape.name, rows: read.rows });
  }
  const written = new Counted(shape.columns);
  for await (const rows of readRows(to, shape)) written.add(rows);
  const [source, target] = [read.finish(shape.name), written.finish(shape.name)];
  if (source.rows === target.rows && source.hash === target.hash) return target;
  throw new CoreError("corrupt", {
    what: `The rows of ${shape.name} are others in the copy.`,
    ...{ received: `${target.rows} rows, ${target.hash}`, expected: `${source.rows} rows, ${source.hash}` },
    fix: "Nothing was kept of it. Look for what changes rows in the database that is copied to.",
  });
}

/** Both are one store to the place of its blobs, which is marked with it. */
async function copyId(from: Database, to: Database): Promise<void> {
  const { leases } = schema;
  const [id] = await from.select().from(leases).where(eq(leases.name, STORE_ID));
  if (id) await to.insert(leases).values(id).onConflictDoUpdate({ target: leases.name, set: id });
}

/**
 * Copies every row from one store into another, empty one, wholly or not at all: of one moment of the source, read again and
 * compared. Jobs of the queue are no rows of the store: a server submits those of queued runs when it starts.
 * @returns what was copied, table by table.
 * @throws CoreError `conflict` for a target that is not empty, `corrupt` when other rows come out than went in, `cancelled`.
 */
export async function copyStore(
  from: Pick<Store, "database">,
  to: Pick<Store, "database" | "name">,
  options: CopyOptions = {},
): Promise<readonly CopiedTable[]> {
  const oneMoment = { isolationLevel: "repeatable read", accessMode: "read only" } as const;
  try {
    return await from.database.transaction(
      (source) =>
        to.database.transaction(async (target) => {
          await checkEmpty(target, to.name);
          const copied: CopiedTable[] = [];
          for (const table of TABLES) copied.push(await copyTable(source, target, shapeOf(table), options));
          await copyId(source, target);
          return copied;
        }),
      oneMoment,
    );
  } catch (error) {
    throw storeError(error);
  }
}
