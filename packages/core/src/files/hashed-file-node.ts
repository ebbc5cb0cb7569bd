import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { writeAll } from "./write-all-node.ts";

/** Bytes that are written while the ones before are hashed: large enough for the disk, small beside the model. */
const CHUNK_BYTES = 4 * 2 ** 20;

/**
 * Writes a new file piece by piece, never holding it whole, and syncs it.
 * @returns sha256 of the content, hex.
 */
export async function writeHashed(
  path: string,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path, "wx");
  try {
    for await (const piece of pieces) {
      for (let start = 0; start < piece.length; start += CHUNK_BYTES) {
        const chunk = piece.subarray(start, start + CHUNK_BYTES);
        const written = writeAll(file, chunk);
        hash.update(chunk);
        await written;
      }
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}
