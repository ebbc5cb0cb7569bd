import { open } from "node:fs/promises";
import { listArchives } from "./archives-node.ts";
import { listCache, type PackFile } from "./folder-node.ts";
import type { CacheFolders, CachePart } from "./give-up-node.ts";
import { numRecords, readPackHeader } from "./pack-node.ts";

/** What one part of a cache takes. */
export interface CacheShare {
  readonly bytes: number;
  /** Rows of features, as many as fit into the packs; archives. */
  readonly count: number;
  /** Of the bytes, those that live runs need. */
  readonly leasedBytes: number;
}

export type CacheShares = Readonly<Record<CachePart, CacheShare>>;

async function rowsIn(space: string, { path, bytes }: PackFile): Promise<number> {
  const handle = await open(path, "r").catch(() => undefined);
  try {
    const rowBytes = handle && (await readPackHeader(handle, space));
    return rowBytes === undefined ? 0 : numRecords(bytes, rowBytes);
  } finally {
    await handle?.close();
  }
}

function summed(items: readonly { readonly bytes: number; readonly isLeased: boolean }[], count: number) {
  const sum = (some: typeof items): number => some.reduce((all, { bytes }) => all + bytes, 0);
  return { bytes: sum(items), count, leasedBytes: sum(items.filter(({ isLeased }) => isLeased)) };
}

/** What a cache takes, without reading it (`cacheStatus` looks at every row). A folder that is not there has nothing. */
export async function cacheShares({ features, archives: root }: CacheFolders): Promise<CacheShares> {
  const spaces = await listCache(features, Date.now());
  let rows = 0;
  for (const { id, packs } of spaces) for (const pack of packs) rows += await rowsIn(id, pack);
  const packs = spaces.flatMap(({ packs: own, isLeased }) => own.map(({ bytes }) => ({ bytes, isLeased })));
  const archives = root === undefined ? [] : await listArchives(root);
  return { features: summed(packs, rows), archives: summed(archives, archives.length) };
}
