import { safeEntryName } from "./archive-entry-name.ts";
import { junkInPath } from "./junk.ts";
import type { ListedFile, Listing } from "./listing.ts";
import type { SkippedFile } from "./types.ts";

/**
 * Files that came under names of their sender as the listing of a folder: no name is ever a path on a disk.
 * @param files their `path` as it was sent, `location` wherever the host has their bytes.
 * @throws CoreError `bad-input` for a name that leads out of its folder, as in an archive.
 */
export function listingOfNames(files: readonly ListedFile[]): Listing {
  const kept: ListedFile[] = [];
  const folders = new Set<string>();
  const skipped = new Map<string, SkippedFile>();
  for (const { path: name, location } of files) {
    const path = safeEntryName(name, { isLoose: true });
    const junk = junkInPath(path);
    if (junk !== undefined) {
      skipped.set(junk.path, junk);
      continue;
    }
    kept.push({ path, location });
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1))
      folders.add(path.slice(0, end));
  }
  return {
    ...{ files: kept, passed: [], broken: [], closed: [] },
    folders: [...folders].sort(),
    skipped: [...skipped.values()],
  };
}
