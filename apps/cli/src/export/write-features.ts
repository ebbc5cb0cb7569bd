import { type FeatureTable, npyPieces } from "@graft/core";
import { placeFile } from "../places/out-path.ts";

/**
 * Writes a table as float32 .npy [n, …row], piece by piece; the file appears whole or not at all.
 * @throws CoreError `disk-full`, `bad-input` for a place that cannot be written; `unsupported` as `npyPieces`.
 */
export async function writeFeatures(table: FeatureTable, path: string): Promise<void> {
  await placeFile(path, async (file) => {
    for await (const piece of npyPieces(table)) await file.writeFile(piece);
  });
}
