import { availableParallelism } from "node:os";
import { byCodeUnit } from "../by-code-unit.ts";
import { inParallel } from "../concurrency/in-parallel.ts";
import { CoreError, throwIfCancelled } from "../errors.ts";
import { visibleText } from "../visible-text.ts";
import type { ListedFile, Listing } from "./listing.ts";
import { sniffFile } from "./sniff-file-node.ts";
import type { BrokenFile, SkippedFile } from "./types.ts";
import { unreadable, walkFolder } from "./walk-node.ts";

/** Files looked at together, for each core: few are open at once. */
const AT_ONCE_PER_CORE = 4;

/** What lies in a folder of images without classes, each list sorted by path. */
export interface FoundImages {
  readonly images: readonly ListedFile[];
  readonly skipped: readonly SkippedFile[];
  /** Files that should be images and are not usable, and folders that cannot be entered. */
  readonly broken: readonly BrokenFile[];
  /** All that lies in the folder. */
  readonly listing: Listing;
}

/**
 * The images of a folder at any depth, chosen as a data set's are: by their first bytes, without junk and dot files, no
 * link followed out of the folder, nothing opened that is no file.
 * @throws CoreError `bad-input` when the folder itself cannot be read, `cancelled`.
 */
export async function findImages(folder: string, signal?: AbortSignal): Promise<FoundImages> {
  const listing = await walkFolder(folder, { signal }).catch((error: unknown) => {
    if (error instanceof CoreError) throw error;
    throw new CoreError(
      "bad-input",
      { what: `${visibleText(folder)}: ${unreadable("folder", error)}` },
      { cause: error },
    );
  });
  const images: ListedFile[] = [];
  const skipped: SkippedFile[] = [...listing.skipped];
  const broken: BrokenFile[] = [...listing.broken, ...listing.closed];
  await inParallel(listing.files, availableParallelism() * AT_ONCE_PER_CORE, async (file) => {
    throwIfCancelled(signal);
    const { path } = file;
    const sniffed = await sniffFile(file);
    if (sniffed.type === "image") images.push(file);
    else if (sniffed.type === "skipped") skipped.push({ path, reason: sniffed.reason });
    else broken.push({ path, code: sniffed.code, reason: sniffed.reason });
  });
  const byPath = (a: { path: string }, b: { path: string }): number => byCodeUnit(a.path, b.path);
  return { images: images.sort(byPath), skipped: skipped.sort(byPath), broken: broken.sort(byPath), listing };
}
