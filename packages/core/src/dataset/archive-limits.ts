import { CoreError } from "../errors.ts";

/**
 * What an archive may hold. The largest public sets of this kind (food-101: 101 000 images, 5 GB; ImageNet's folders
 * come class by class) stay below; `ratio` is far above what photos reach (1.0 to 1.1) and what plain drawings in BMP
 * or text do (up to 60), and far below deflate's own limit of 1032.
 */
export const ARCHIVE_LIMITS = {
  entries: 250_000,
  /** One entry: the largest image that is decoded (100 megapixels) as an uncompressed 16-bit TIFF with alpha. */
  entryBytes: 2 ** 30,
  totalBytes: 64 * 2 ** 30,
  /** Unpacked bytes for each byte of the archive. */
  ratio: 100,
  /** Unpacked bytes below which the ratio is not asked: no harm is done by so few. */
  ratioFreeBytes: 2 ** 20,
  nameLength: 4096,
} as const;

export interface ArchiveSizes {
  readonly entries: number;
  readonly largestBytes: number;
  /** Of everything unpacked; a tar's headers count too. */
  readonly totalBytes: number;
}

/** What other archives of the same data set came to: their sum is held to the limits. */
export type SizesBefore = Pick<ArchiveSizes, "entries" | "totalBytes">;
const NOTHING_BEFORE: SizesBefore = { entries: 0, totalBytes: 0 };

function overLimit(received: string, expected: string): CoreError {
  const what = "The archive is too large to unpack.";
  const fix = "If it really should be that large, unpack it yourself and give graft the folder.";
  return new CoreError("limit", { what, received, expected, fix });
}

/** @throws CoreError `limit`. Called before anything is unpacked where sizes are known (zip), else while it goes on. */
export function checkArchiveSizes(
  sizes: ArchiveSizes,
  archiveBytes: number,
  before: SizesBefore = NOTHING_BEFORE,
): void {
  const { entries, entryBytes, totalBytes, ratio, ratioFreeBytes } = ARCHIVE_LIMITS;
  const numEntries = before.entries + sizes.entries;
  const numBytes = before.totalBytes + sizes.totalBytes;
  if (numEntries > entries) throw overLimit(`${numEntries} entries`, `at most ${entries}`);
  if (sizes.largestBytes > entryBytes)
    throw overLimit(`one entry of ${sizes.largestBytes} bytes`, `at most ${entryBytes}`);
  if (numBytes > totalBytes) throw overLimit(`${numBytes} bytes unpacked`, `at most ${totalBytes}`);
  if (sizes.totalBytes <= ratioFreeBytes || sizes.totalBytes <= ratio * archiveBytes) return;
  const found = `${archiveBytes} bytes that become ${sizes.totalBytes} or more`;
  throw overLimit(found, `at most ${ratio} bytes for each packed one`);
}
