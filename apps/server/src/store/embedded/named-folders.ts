import { cp, rename } from "node:fs/promises";
import { join } from "node:path";
import { syncFolder, syncTree } from "./synced-files.ts";

/*
 * What lies beside the store in a home's folder `server`. A folder is whole when it has its name:
 * `store` the store, `store.before-…` what it was before, `store.moved` a store that is about to take the name; and unfinished,
 * to be taken away: `store.new`, `store.copy`.
 */

export const UNFINISHED = /^store\.(new|copy)$/;
export const MOVED = "store.moved";

export interface SyncOption {
  readonly isSynced?: boolean | undefined;
}

/** Gives a whole folder its name. */
export async function takeName(
  folder: string,
  from: string,
  to: string,
  { isSynced = true }: SyncOption,
): Promise<void> {
  if (isSynced) await syncTree(join(folder, from));
  await rename(join(folder, from), join(folder, to));
  if (isSynced) syncFolder(folder);
}

/** A name for what the store is now, before it changes. */
export const nameBefore = (): string =>
  `store.before-${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "")}`;

/** The store's files, which nobody has open, once more. @returns where. */
export async function copyStoreFolder(folder: string, to: string, options: SyncOption): Promise<string> {
  await cp(join(folder, "store"), join(folder, "store.copy"), { recursive: true, preserveTimestamps: true });
  if (to !== "store.copy") await takeName(folder, "store.copy", to, options);
  return join(folder, to);
}
