import { open, rename, rm } from "node:fs/promises";
import { endianness } from "node:os";
import { CoreError, type FeatureTable, npyHeader, numElements } from "@graft/core";

/** Rows that are in memory at once beside the table's own. */
const ROWS_AT_ONCE = 64;

/**
 * Writes a table as float32 .npy [n, …row], piece by piece; the file appears whole or not at all.
 * @throws CoreError `disk-full`, `bad-input` for a place that can not be written.
 */
export async function writeFeatures(table: FeatureTable, path: string): Promise<void> {
  if (endianness() !== "LE")
    throw new CoreError("unsupported", { what: "Features are written on little-endian machines only." });
  const temporary = `${path}.part`;
  try {
    await using file = await open(temporary, "w");
    await file.write(npyHeader([table.numRows, ...table.rowShape], "<f4"));
    const length = numElements(table.rowShape);
    for (let start = 0; start < table.numRows; start += ROWS_AT_ONCE) {
      const count = Math.min(ROWS_AT_ONCE, table.numRows - start);
      const rows = new Float32Array(count * length);
      await table.read(
        Array.from({ length: count }, (_, i) => start + i),
        rows,
      );
      await file.writeFile(new Uint8Array(rows.buffer));
    }
    await file.sync();
  } catch (cause) {
    await rm(temporary, { force: true });
    throw writingError(cause, path);
  }
  await rename(temporary, path);
}

function writingError(cause: unknown, path: string): unknown {
  if (!(cause instanceof Error && "code" in cause) || cause instanceof CoreError) return cause;
  const isFull = cause.code === "ENOSPC" || cause.code === "EDQUOT";
  const what = isFull ? "The disk has no room for the features." : "The features can not be written there.";
  const fix = isFull
    ? "Free some room and try again."
    : "Choose a folder that exists and that you may write to.";
  return new CoreError(
    isFull ? "disk-full" : "bad-input",
    { what, received: `${path} (${cause.code})`, fix },
    { cause },
  );
}
