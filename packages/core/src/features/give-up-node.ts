import { open, rm } from "node:fs/promises";
import { listCache, type PackFile, removeIfEmpty, type SpaceFolder } from "./cache-folder-node.ts";
import { numRecords, readPackHeader, scanRecords } from "./pack-node.ts";

/** What a cache came to after its least recently used packs were removed. */
export interface GivenUp {
  /** What is left. */
  readonly bytes: number;
  readonly freedBytes: number;
  readonly freedEntries: number;
  /** Bytes above the limit that stay because live runs need them. */
  readonly keptForLiveRuns: number;
}

/** Rows in a pack that can be read; 0 when it can not be opened any more. */
export async function countEntries(spaceId: string, pack: PackFile): Promise<number> {
  const handle = await open(pack.path, "r").catch(() => undefined);
  if (!handle) return 0;
  try {
    const rowBytes = await readPackHeader(handle, spaceId);
    if (rowBytes === undefined) return 0;
    let count = 0;
    await scanRecords(handle, rowBytes, [0, numRecords(pack.bytes, rowBytes)], () => {
      count++;
    });
    return count;
  } finally {
    await handle.close();
  }
}

const sizeOf = (spaces: readonly SpaceFolder[]): number =>
  spaces.flatMap(({ packs }) => packs).reduce((sum, { bytes }) => sum + bytes, 0);

/** Both in bytes. */
export interface CacheLimits {
  /** Nothing is removed from a cache that is not larger than this. */
  readonly above: number;
  /** Packs are removed until no more than this is left. */
  readonly downTo: number;
}

/**
 * Removes packs, least recently used first. Spaces leased by live runs are passed over. A pack is the unit: rows that
 * were computed together are used together.
 */
export async function giveUp(
  folder: string,
  { above, downTo }: CacheLimits,
  { now, counting }: { readonly now: number; readonly counting: boolean },
): Promise<GivenUp> {
  const spaces = await listCache(folder, now);
  let bytes = sizeOf(spaces);
  let [freedBytes, freedEntries] = [0, 0];
  const removable = spaces
    .filter(({ isLeased }) => !isLeased)
    .flatMap((space) => space.packs.map((pack) => ({ space, pack })))
    .sort((a, b) => a.pack.lastUsed - b.pack.lastUsed);
  for (const { space, pack } of bytes > above ? removable : []) {
    if (bytes <= downTo) break;
    if (counting) freedEntries += await countEntries(space.id, pack);
    await rm(pack.path, { force: true });
    bytes -= pack.bytes;
    freedBytes += pack.bytes;
  }
  if (freedBytes > 0) for (const { path } of spaces) await removeIfEmpty(path);
  const leasedBytes = sizeOf(spaces.filter(({ isLeased }) => isLeased));
  return {
    ...{ bytes, freedBytes, freedEntries },
    keptForLiveRuns: Math.min(leasedBytes, Math.max(0, bytes - downTo)),
  };
}
