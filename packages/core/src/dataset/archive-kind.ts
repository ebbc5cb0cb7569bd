import { isTarHeader } from "./archive-tar-header.ts";

export type ArchiveKind = "zip" | "tar" | "tar.gz";

const startsWith = (bytes: Uint8Array, ...start: readonly number[]): boolean =>
  start.every((byte, at) => bytes[at] === byte);

/** Archives that are known and not read, by their first bytes. */
const UNREAD = [
  { name: "7z", start: [0x37, 0x7a, 0xbc, 0xaf] },
  { name: "RAR", start: [0x52, 0x61, 0x72, 0x21] },
  { name: "bzip2", start: [0x42, 0x5a, 0x68] },
  { name: "xz", start: [0xfd, 0x37, 0x7a, 0x58] },
  { name: "Zstandard", start: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: "compress (.Z)", start: [0x1f, 0x9d] },
] as const;

/** Why an archive within a data set is not read: most often it is the packed copy of what lies there. */
export const BESIDE_IMAGES = "an archive beside images";

const ARCHIVE_NAME = /\.(zip|tar|tar\.gz|tgz)$/i;

/** The path without what says that it is an archive, "cats.tar.gz" → "cats"; undefined for a name that does not say so. */
export function archiveStem(path: string): string | undefined {
  const stem = path.replace(ARCHIVE_NAME, "");
  return stem === path || stem === "" || stem.endsWith("/") ? undefined : stem;
}

/**
 * What kind of archive a file is, by its first 512 bytes and never by its name; `{ unread }` names one that is known
 * and not read. gzip is taken for a packed tar: nothing else of that form can hold a data set.
 */
export function archiveKind(bytes: Uint8Array): ArchiveKind | { readonly unread: string } | undefined {
  // a zip without entries starts with its end mark
  if (startsWith(bytes, 0x50, 0x4b, 0x03, 0x04) || startsWith(bytes, 0x50, 0x4b, 0x05, 0x06)) return "zip";
  if (startsWith(bytes, 0x1f, 0x8b)) return "tar.gz";
  const magic = String.fromCharCode(...bytes.subarray(257, 262));
  // older tars than that word: their first header has a checksum, too
  if (magic === "ustar" || isTarHeader(bytes)) return "tar";
  const unread = UNREAD.find(({ start }) => startsWith(bytes, ...start));
  return unread === undefined ? undefined : { unread: unread.name };
}
