import { type SQL, sql } from "drizzle-orm";
import { getTableConfig, type PgTable } from "drizzle-orm/pg-core";
import * as schema from "../schema/index.ts";

/** What is read and written of a table without knowing it: every value as text. */
export interface TableShape {
  readonly name: string;
  readonly table: SQL;
  readonly columns: readonly string[];
  readonly types: readonly string[];
  readonly key: readonly string[];
  /** Rows of one statement. */
  readonly batch: number;
}

const BATCH_ROWS = 500;
/** An edit has all pictures that it moved in one row. */
const LARGE_ROWS = new Map<PgTable, number>([[schema.edits, 20]]);

function shapeOf(table: PgTable): TableShape {
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

/**
 * What a copy of a store has, each table after those that it refers to. Who holds what for a while (leases, holds, workers) is
 * about processes, which are others in the new place.
 */
export const COPIED_TABLES: readonly TableShape[] = [
  ...[schema.groups, schema.accounts, schema.tokens, schema.audit, schema.datasets, schema.classes],
  ...[schema.images, schema.edits, schema.uploads, schema.uploadFiles, schema.runs, schema.events],
  ...[schema.runFiles, schema.decisions, schema.searches, schema.modelJobs],
  ...[schema.heatMaps, schema.blobDeletions],
].map(shapeOf);
