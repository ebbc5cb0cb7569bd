/** A blob's file in a folder of them, `ab/abcd…`: whoever is on the machine reads it there. */
import { join } from "node:path";
import { codeOf, readRange, sha256 } from "@graft/core/node";
import { checkHash, damagedBlob, noSuchBlob } from "./blob-errors.ts";
import { folderTrouble } from "./folder-trouble.ts";

/** @throws CoreError `bad-input` for what is no hash. */
export function blobFile(root: string, hash: string): string {
  checkHash(hash);
  return join(root, hash.slice(0, 2), hash);
}

export const isMissing = (error: unknown): boolean => ["ENOENT", "ENOTDIR"].includes(codeOf(error));

/** @throws CoreError `not-found`, `unreadable`, `disk-full`. */
export async function ofBlob<T>(hash: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isMissing(error) ? noSuchBlob(hash, error) : folderTrouble(error);
  }
}

/** A blob's bytes, checked. @throws CoreError `not-found`, `corrupt`, `unreadable`, `bad-input` for what is no hash. */
export async function readBlobFile(root: string, hash: string): Promise<Uint8Array<ArrayBuffer>> {
  const path = blobFile(root, hash);
  const bytes = await ofBlob(hash, () => readRange(path, 0, Number.POSITIVE_INFINITY));
  if (sha256(bytes) !== hash) throw damagedBlob(hash);
  return bytes;
}
