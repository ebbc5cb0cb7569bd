import { join } from "node:path";
import type { FeatureSpace } from "../features/types.ts";
import { type CachedArchive, listArchives, sweepArchives } from "./archives-node.ts";
import { listCache, readSpaceFile, sweepCache } from "./folder-node.ts";
import { type CacheFolders, type CachePart, countEntries, giveUp } from "./give-up-node.ts";

/** What features and unpacked archives may take together before the least recently used go. */
export const CACHE_BYTES = 10 * 10 ** 9;

/** Where a home keeps what can be made again. */
export const cacheFolders = (home: string): CacheFolders & { readonly archives: string } => ({
  features: join(home, "cache", "features"),
  archives: join(home, "cache", "archives"),
});

/** One space of a cache, for people. */
export interface CachedSpace {
  readonly id: string;
  /** null when its description is missing or of another version of graft. */
  readonly space: FeatureSpace | null;
  readonly bytes: number;
  readonly entries: number;
  /** Milliseconds since 1970. */
  readonly lastUsed: number;
}

export interface CacheStatus {
  readonly bytes: number;
  /** Features and archives. */
  readonly entries: number;
  /** Last used first. */
  readonly spaces: readonly CachedSpace[];
  /** Last used first. */
  readonly archives: readonly CachedArchive[];
}

/** What lies in a cache (`graft cache show`). A folder that is not there is an empty cache. */
export async function cacheStatus({ features, archives: root }: CacheFolders): Promise<CacheStatus> {
  const spaces: CachedSpace[] = [];
  for (const { id, path, packs } of await listCache(features, Date.now())) {
    let [bytes, entries, lastUsed] = [0, 0, 0];
    for (const pack of packs) {
      bytes += pack.bytes;
      entries += await countEntries(id, pack);
      lastUsed = Math.max(lastUsed, pack.lastUsed);
    }
    if (packs.length > 0) spaces.push({ id, space: await readSpaceFile(path), bytes, entries, lastUsed });
  }
  const archives = root === undefined ? [] : await listArchives(root);
  for (const list of [spaces, archives]) list.sort((a, b) => b.lastUsed - a.lastUsed);
  return {
    bytes: [...spaces, ...archives].reduce((sum, { bytes }) => sum + bytes, 0),
    entries: spaces.reduce((sum, { entries }) => sum + entries, archives.length),
    ...{ spaces, archives },
  };
}

export interface PruneResult {
  readonly freedBytes: number;
  /** Features and archives. */
  readonly freedEntries: number;
  readonly freedArchives: number;
  /** Bytes above the limit that stay because live runs need them. */
  readonly keptForLiveRuns: number;
}

/**
 * Gives up what was least recently used until at most `maxBytes` are left (`graft cache prune`); 0 empties the cache but
 * for what live runs need. What killed processes left goes in any case.
 * @param options.only the part that the limit is for; the other one stays as it is. @default both together
 */
export async function pruneCache(
  folders: CacheFolders,
  { maxBytes, only }: { readonly maxBytes: number; readonly only?: CachePart | undefined },
): Promise<PruneResult> {
  await sweepCache(folders.features, Date.now());
  if (folders.archives !== undefined) await sweepArchives(folders.archives);
  const limits = { above: maxBytes, downTo: maxBytes };
  const result = await giveUp(folders, limits, { now: Date.now(), counting: true, only });
  const { freedBytes, freedEntries, freedArchives, keptForLiveRuns } = result;
  return { freedBytes, freedEntries, freedArchives, keptForLiveRuns };
}
