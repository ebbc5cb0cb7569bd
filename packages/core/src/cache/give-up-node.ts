import { open, rm } from "node:fs/promises";
import { type CachedArchive, listArchives, removeArchive } from "./archives-node.ts";
import { listCache, type PackFile, removeIfEmpty, type SpaceFolder } from "./folder-node.ts";
import { numRecords, readPackHeader, scanRecords } from "./pack-node.ts";

/** What shares one limit. */
export interface CacheFolders {
  /** HOME/cache/features */
  readonly features: string;
  /** HOME/cache/archives. @default none */
  readonly archives?: string | undefined;
}

/** What a cache came to after what was least recently used was removed. */
export interface GivenUp {
  /** What is left. */
  readonly bytes: number;
  readonly freedBytes: number;
  /** Features and archives. */
  readonly freedEntries: number;
  readonly freedArchives: number;
  /** Bytes above the limit that stay because live runs need them. */
  readonly keptForLiveRuns: number;
}

/** Rows in a pack that can be read; 0 when it cannot be opened any more. */
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

export type CachePart = keyof CacheFolders;

export interface GivingUp {
  readonly now: number;
  readonly counting: boolean;
  /** The other part is neither counted nor touched. @default both */
  readonly only?: CachePart | undefined;
}

/** All in bytes. */
export interface CacheLimits {
  /** Nothing is removed from a cache that is not larger than this. */
  readonly above: number;
  /** The least recently used go until no more than this is left. */
  readonly downTo: number;
  /** The archives of live runs count as no more than this. @default what they are */
  readonly liveArchives?: number;
}

/** A pack or an archive. A pack is the unit: rows that were computed together are used together. */
interface Item {
  readonly bytes: number;
  readonly lastUsed: number;
  readonly isLeased: boolean;
  readonly isArchive: boolean;
  count(): Promise<number>;
  /** @returns false when it stays after all. */
  remove(): Promise<boolean>;
}

const packItem = ({ id, isLeased }: SpaceFolder, pack: PackFile): Item => ({
  ...{ bytes: pack.bytes, lastUsed: pack.lastUsed, isLeased, isArchive: false },
  count: () => countEntries(id, pack),
  remove: async () => {
    await rm(pack.path, { force: true });
    return true;
  },
});

const archiveItem = (root: string, { id, bytes, lastUsed, isLeased }: CachedArchive): Item => ({
  ...{ bytes, lastUsed, isLeased, isArchive: true },
  count: async () => 1,
  remove: () => removeArchive(root, id),
});

const sizeOf = (items: readonly Item[]): number => items.reduce((sum, { bytes }) => sum + bytes, 0);

/** Removes features and archives, least recently used first. What live runs lease is passed over. */
export async function giveUp(
  { features, archives: root }: CacheFolders,
  { above, downTo, liveArchives = Number.POSITIVE_INFINITY }: CacheLimits,
  { now, counting, only }: GivingUp,
): Promise<GivenUp> {
  const spaces = only === "archives" ? [] : await listCache(features, now);
  const archives = root === undefined || only === "features" ? [] : await listArchives(root);
  const items = [
    ...spaces.flatMap((space) => space.packs.map((pack) => packItem(space, pack))),
    ...archives.map((archive) => archiveItem(root ?? "", archive)),
  ];
  const leased = items.filter(({ isLeased }) => isLeased);
  const passedOver = Math.max(0, sizeOf(leased.filter(({ isArchive }) => isArchive)) - liveArchives);
  let bytes = sizeOf(items) - passedOver;
  let [freedBytes, freedEntries, freedArchives] = [0, 0, 0];
  const removable = items.filter(({ isLeased }) => !isLeased).sort((a, b) => a.lastUsed - b.lastUsed);
  for (const item of bytes > above ? removable : []) {
    if (bytes <= downTo) break;
    const entries = counting ? await item.count() : 0;
    if (!(await item.remove())) continue;
    bytes -= item.bytes;
    freedBytes += item.bytes;
    freedEntries += entries;
    if (item.isArchive) freedArchives++;
  }
  if (freedBytes > 0) for (const { path } of spaces) await removeIfEmpty(path);
  return {
    ...{ bytes, freedBytes, freedEntries, freedArchives },
    keptForLiveRuns: Math.min(sizeOf(leased), Math.max(0, bytes - downTo)),
  };
}
