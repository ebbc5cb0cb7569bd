import { endianness } from "node:os";
import { CoreError, type FeatureTable, npyHeader, numElements } from "@graft/core";
import { placeFile } from "../places/out-path.ts";

/** Rows that are in memory at once beside the table's own. */
const ROWS_AT_ONCE = 64;

/**
 * Writes a table as float32 .npy [n, …row], piece by piece; the file appears whole or not at all.
 * @throws CoreError `disk-full`, `bad-input` for a place that cannot be written.
 */
export async function writeFeatures(table: FeatureTable, path: string): Promise<void> {
  if (endianness() !== "LE")
    throw new CoreError("unsupported", { what: "Features are written on little-endian machines only." });
  await placeFile(path, async (file) => {
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
  });
}
