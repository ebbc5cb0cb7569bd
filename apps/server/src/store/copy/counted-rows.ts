import { createHash } from "node:crypto";
import type { Database } from "../database.ts";
import { readRows, type TextRow } from "./table-rows.ts";
import type { TableShape } from "./tables.ts";

export interface CopiedTable {
  readonly table: string;
  readonly rows: number;
  /** sha256 of all rows' lines (`rowLine`), in order of their key: the same on both sides. */
  readonly hash: string;
}

/** A row as a line of JSON: an object of texts and nulls, its columns in the table's order. */
export const rowLine = (columns: readonly string[], row: TextRow): string =>
  `${JSON.stringify(Object.fromEntries(columns.map((name) => [name, row[name] ?? null])))}\n`;

/** Counts and hashes what goes by. */
export class CountedRows {
  rows = 0;
  readonly #hash = createHash("sha256");
  readonly #shape: TableShape;

  constructor(shape: TableShape) {
    this.#shape = shape;
  }

  /** @returns their lines. */
  add(rows: readonly TextRow[]): string {
    this.rows += rows.length;
    const lines = rows.map((row) => rowLine(this.#shape.columns, row)).join("");
    this.#hash.update(lines);
    return lines;
  }

  finish(): CopiedTable {
    return { table: this.#shape.name, rows: this.rows, hash: this.#hash.digest("hex") };
  }
}

/** What a table has now. */
export async function countTable(tx: Database, shape: TableShape): Promise<CopiedTable> {
  const counted = new CountedRows(shape);
  for await (const rows of readRows(tx, shape)) counted.add(rows);
  return counted.finish();
}
