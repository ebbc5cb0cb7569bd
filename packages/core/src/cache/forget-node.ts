import { open } from "node:fs/promises";
import { RECORD_HEADER_BYTES } from "../features/row-record.ts";
import { listCache, type PackFile, storeError, unlessGone } from "./folder-node.ts";
import {
  eraseRecord,
  numRecords,
  readPackHeader,
  recordBytes,
  recordPosition,
  scanRecords,
} from "./pack-node.ts";

/** Zeros that are written at once. */
const ZERO_BYTES = 2 ** 20;

/**
 * Overwrites the rows of images in a cache of features, in every space, whatever else reads and writes it: whoever would read one
 * computes it again. First the row and then its header, so that what a kill leaves is found by the next call.
 * @param folder HOME/cache/features
 * @param hashes of images. @returns rows that are gone; those in packs of a newer graft stay.
 * @throws CoreError `bad-input`, `disk-full` for a cache that cannot be written to.
 */
export async function forgetFeatures(folder: string, hashes: ReadonlySet<string>): Promise<number> {
  if (hashes.size === 0) return 0;
  let forgotten = 0;
  try {
    for (const { id, packs } of await listCache(folder, Date.now()))
      for (const pack of packs) forgotten += await forgetInPack(id, pack, hashes);
  } catch (error) {
    throw storeError(error, "Features cannot be removed from the cache.");
  }
  return forgotten;
}

async function forgetInPack(
  spaceId: string,
  { path, bytes, lastUsed }: PackFile,
  hashes: ReadonlySet<string>,
): Promise<number> {
  const handle = await unlessGone(open(path, "r+"));
  if (!handle) return 0;
  try {
    const rowBytes = await readPackHeader(handle, spaceId);
    if (rowBytes === undefined) return 0;
    const found: number[] = [];
    await scanRecords(handle, rowBytes, [0, numRecords(bytes, rowBytes)], (index, { hash }) => {
      if (hashes.has(hash)) found.push(index);
    });
    const zeros = Buffer.alloc(Math.min(rowBytes, ZERO_BYTES));
    for (const index of found) {
      const start = recordPosition(rowBytes, index) + RECORD_HEADER_BYTES;
      const end = recordPosition(rowBytes, index) + recordBytes(rowBytes);
      for (let at = start; at < end; at += zeros.length)
        await handle.write(zeros, 0, Math.min(zeros.length, end - at), at);
      await eraseRecord(handle, rowBytes, index);
    }
    if (found.length === 0) return 0;
    await handle.datasync();
    // nobody has used the others
    await handle.utimes(lastUsed / 1000, lastUsed / 1000);
    return found.length;
  } finally {
    await handle.close();
  }
}
