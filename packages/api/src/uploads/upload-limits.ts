import { ARCHIVE_LIMITS, archiveStem, CoreError, safeEntryName } from "@graft/core";

/** Files that one call may name. */
export const MOST_PLANNED = 1000;

/** Larger files wait in pieces until they are whole; smaller ones are sent again from the start. */
export const SPOOLED_BYTES = 4 * 2 ** 20;

/** Nothing was heard of it for so long: nobody goes on with it. */
export const ABANDONED_MS = 24 * 3_600_000;

/** What came of an upload may be asked for so long. */
export const REMEMBERED_MS = 7 * 24 * 3_600_000;

const gigabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 30)} GB`;

/**
 * A file's name as it is kept: checked as a name in an archive is, though it is never a path on a disk.
 * @throws CoreError `bad-input`.
 */
export function fileName(path: string): string {
  const name = safeEntryName(path, { isLoose: true });
  if (name !== "") return name;
  throw new CoreError("bad-input", {
    what: "A file of an upload has no name.",
    received: JSON.stringify(path.slice(0, 200)),
    fix: "Give each file its path below the folder that is sent.",
  });
}

/** @throws CoreError `limit` for a file that no data set has: an archive may be as large as all that it may hold. */
export function checkFileSize(name: string, bytes: number): void {
  const most = archiveStem(name) === undefined ? ARCHIVE_LIMITS.entryBytes : ARCHIVE_LIMITS.totalBytes;
  if (bytes <= most) return;
  throw new CoreError("limit", {
    what: `${name} is too large.`,
    received: `${bytes} bytes`,
    expected: `at most ${gigabytes(most)}`,
    fix: "Leave it out, or make it smaller.",
  });
}

/** @throws CoreError `limit` for more than a data set may have. */
export function checkUploadSize({ files, bytes }: { readonly files: number; readonly bytes: number }): void {
  const { entries, totalBytes } = ARCHIVE_LIMITS;
  if (files <= entries && bytes <= totalBytes) return;
  throw new CoreError("limit", {
    what: "The upload is too large.",
    received: `${files} files, ${bytes} bytes`,
    expected: `at most ${entries} files and ${gigabytes(totalBytes)}`,
    fix: "Send it in several uploads, or fewer files.",
  });
}
