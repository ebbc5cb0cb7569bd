import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { CountedRows } from "../store/copy/counted-rows.ts";
import { readRows } from "../store/copy/table-rows.ts";
import { COPIED_TABLES } from "../store/copy/tables.ts";
import type { Database } from "../store/database.ts";

/** A table's lines in a spool file. */
export interface SpooledTable {
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
  readonly hash: string;
  readonly start: number;
}

/**
 * Writes all rows to a file: a store is held as long as they are read, and a client may take hours for what it is sent.
 * @param path of a file that is made, for its owner alone.
 */
export async function spoolRows(tx: Database, path: string): Promise<readonly SpooledTable[]> {
  const file = await open(path, "wx", 0o600);
  try {
    const tables: SpooledTable[] = [];
    let start = 0;
    for (const shape of COPIED_TABLES) {
      const counted = new CountedRows(shape);
      let bytes = 0;
      for await (const rows of readRows(tx, shape)) bytes += await append(file, counted.add(rows));
      tables.push({ ...counted.finish(), bytes, start });
      start += bytes;
    }
    return tables;
  } finally {
    await file.close();
  }
}

async function append(file: FileHandle, text: string): Promise<number> {
  const bytes = Buffer.from(text);
  await file.appendFile(bytes);
  return bytes.length;
}

export async function* spooledRows(path: string, { start, bytes }: SpooledTable): AsyncGenerator<Uint8Array> {
  if (bytes > 0) yield* createReadStream(path, { start, end: start + bytes - 1 });
}
