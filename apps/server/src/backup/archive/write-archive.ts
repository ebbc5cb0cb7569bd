import { createHash } from "node:crypto";
import type { BlobFacts } from "@graft/api";
import { CoreError } from "@graft/core";
import { sha256 } from "@graft/core/node";
import { TAR_BLOCK, tarEnd, tarHeader, tarPadding } from "../../tar/tar-header.ts";
import { type BackupManifest, blobName, MANIFEST_NAME, rowsName, SUMS_NAME } from "./backup-form.ts";

type Pieces = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export interface ArchiveContent {
  readonly manifest: BackupManifest;
  /** The lines of a table, as the manifest tells them. */
  readonly rows: (table: string) => Pieces;
  /** In the order in which they are written. */
  readonly blobs: readonly BlobFacts[];
  readonly blob: (hash: string) => Promise<Pieces>;
}

const sumsLine = (hash: string, name: string): string => `${hash}  ${name}\n`;
const sumsBytes = (name: string): number => 64 + 2 + name.length + 1;

const manifestText = (manifest: BackupManifest): Buffer =>
  Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`);

const inBlocks = (bytes: number): number => TAR_BLOCK + Math.ceil(bytes / TAR_BLOCK) * TAR_BLOCK;

/** Length of the whole archive. */
export function archiveBytes({ manifest, blobs }: Pick<ArchiveContent, "manifest" | "blobs">): number {
  let [bytes, sums] = [inBlocks(manifestText(manifest).length), sumsBytes(MANIFEST_NAME)];
  const add = (name: string, length: number): void => {
    bytes += inBlocks(length);
    sums += sumsBytes(name);
  };
  for (const table of manifest.tables) add(rowsName(table.table), table.bytes);
  for (const blob of blobs) add(blobName(blob.hash), blob.bytes);
  return bytes + inBlocks(sums) + 2 * TAR_BLOCK;
}

/** One file of the tar. @throws CoreError `corrupt` for other bytes than were told. */
async function* entry(
  { name, bytes, hash }: { readonly name: string; readonly bytes: number; readonly hash: string },
  pieces: Pieces,
): AsyncGenerator<Uint8Array> {
  yield tarHeader({ name, bytes });
  const hasher = createHash("sha256");
  let length = 0;
  for await (const piece of pieces) {
    length += piece.length;
    hasher.update(piece);
    if (length <= bytes) yield piece;
  }
  const found = hasher.digest("hex");
  if (length !== bytes || found !== hash)
    throw new CoreError("corrupt", {
      what: `${name} of the backup has other bytes in the store than it had.`,
      ...{ received: `${length} bytes, sha256 ${found}`, expected: `${bytes} bytes, sha256 ${hash}` },
    });
  yield tarPadding(bytes);
}

/** The archive in pieces, each file checked while it passes. @throws CoreError `corrupt` with the name of the file, what the stores throw. */
export async function* writeArchive(content: ArchiveContent): AsyncGenerator<Uint8Array> {
  const { manifest, rows, blobs, blob } = content;
  const text = manifestText(manifest);
  const told = { name: MANIFEST_NAME, bytes: text.length, hash: sha256(text) };
  yield* entry(told, [text]);
  let sums = sumsLine(told.hash, told.name);
  for (const { table, bytes, hash } of manifest.tables) {
    yield* entry({ name: rowsName(table), bytes, hash }, rows(table));
    sums += sumsLine(hash, rowsName(table));
  }
  for (const { hash, bytes } of blobs) yield* entry({ name: blobName(hash), bytes, hash }, await blob(hash));
  const bytes = blobs.reduce((sum, { hash }) => sum + sumsBytes(blobName(hash)), sums.length);
  const lines = function* (): Iterable<Uint8Array> {
    yield Buffer.from(sums);
    for (const { hash } of blobs) yield Buffer.from(sumsLine(hash, blobName(hash)));
  };
  // nothing tells what it should be: it is what it is
  yield tarHeader({ name: SUMS_NAME, bytes });
  yield* lines();
  yield tarPadding(bytes);
  yield tarEnd();
}
