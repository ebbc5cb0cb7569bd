import { listCache, readSpaceFile } from "./cache-folder-node.ts";
import { countEntries, giveUp } from "./give-up-node.ts";
import type { FeatureSpace } from "./types.ts";

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
  readonly entries: number;
  /** Last used first. */
  readonly spaces: readonly CachedSpace[];
}

/** What lies in a cache (`graft cache show`). A folder that is not there is an empty cache. */
export async function cacheStatus(folder: string): Promise<CacheStatus> {
  const spaces: CachedSpace[] = [];
  for (const { id, path, packs } of await listCache(folder, Date.now())) {
    let [bytes, entries, lastUsed] = [0, 0, 0];
    for (const pack of packs) {
      bytes += pack.bytes;
      entries += await countEntries(id, pack);
      lastUsed = Math.max(lastUsed, pack.lastUsed);
    }
    if (packs.length > 0) spaces.push({ id, space: await readSpaceFile(path), bytes, entries, lastUsed });
  }
  spaces.sort((a, b) => b.lastUsed - a.lastUsed);
  return {
    bytes: spaces.reduce((sum, space) => sum + space.bytes, 0),
    entries: spaces.reduce((sum, space) => sum + space.entries, 0),
    spaces,
  };
}

export interface PruneResult {
  readonly freedBytes: number;
  readonly freedEntries: number;
  /** Bytes above the limit that stay because live runs need them. */
  readonly keptForLiveRuns: number;
}

/**
 * Gives up what was least recently used until at most `maxBytes` are left (`graft cache prune`); 0 empties the cache but
 * for what live runs need.
 */
export async function pruneCache(
  folder: string,
  { maxBytes }: { readonly maxBytes: number },
): Promise<PruneResult> {
  const limits = { above: maxBytes, downTo: maxBytes };
  const result = await giveUp(folder, limits, { now: Date.now(), counting: true });
  const { freedBytes, freedEntries, keptForLiveRuns } = result;
  return { freedBytes, freedEntries, keptForLiveRuns };
}
