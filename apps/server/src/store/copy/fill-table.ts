import { CoreError, throwIfCancelled } from "@graft/core";
import type { Database } from "../database.ts";
import { type CopiedTable, CountedRows, countTable } from "./counted-rows.ts";
import { type TextRow, writeRows } from "./table-rows.ts";
import type { TableShape } from "./tables.ts";

export interface CopyOptions {
  /** Told after some hundred rows. */
  readonly onProgress?: (progress: { readonly table: string; readonly rows: number }) => void;
  readonly signal?: AbortSignal;
}

/**
 * Fills an empty table, reads it again and compares.
 * @param source in order of the table's key.
 * @throws CoreError `corrupt` when other rows come out than went in, `cancelled`.
 */
export async function fillTable(
  to: Database,
  shape: TableShape,
  source: AsyncIterable<readonly TextRow[]>,
  { onProgress, signal }: CopyOptions,
): Promise<CopiedTable> {
  const counted = new CountedRows(shape);
  for await (const rows of source) {
    throwIfCancelled(signal);
    counted.add(rows);
    await writeRows(to, shape, rows);
    onProgress?.({ table: shape.name, rows: counted.rows });
  }
  const given = counted.finish();
  const found = await countTable(to, shape);
  if (given.rows === found.rows && given.hash === found.hash) return found;
  throw new CoreError("corrupt", {
    what: `The rows of ${shape.name} are others in the copy.`,
    ...{ received: `${found.rows} rows, ${found.hash}`, expected: `${given.rows} rows, ${given.hash}` },
    fix: "Nothing was kept of it. Look for what changes rows in the database that is copied to.",
  });
}
