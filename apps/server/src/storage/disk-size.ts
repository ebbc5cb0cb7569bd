import type { Stats } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, readFailure } from "@graft/core/node";

export interface DiskSize {
  readonly bytes: number;
  readonly count: number;
}

/** What goes while it is looked at is not counted. */
async function unlessGone<T>(path: string, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return undefined;
    throw readFailure(path, error);
  }
}

/**
 * Files of a folder and of all folders in it, or one file; links are not followed. What is not there has nothing.
 * @throws CoreError `unreadable`, `bad-input`.
 */
export async function diskSize(path: string): Promise<DiskSize> {
  const found: Stats | undefined = await unlessGone(path, lstat(path));
  if (!found?.isDirectory()) return { bytes: found?.size ?? 0, count: found ? 1 : 0 };
  let [bytes, count] = [0, 0];
  for (const name of (await unlessGone(path, readdir(path))) ?? []) {
    const inner = await diskSize(join(path, name));
    bytes += inner.bytes;
    count += inner.count;
  }
  return { bytes, count };
}

/** Names in a folder; none where there is no folder. @throws CoreError as `diskSize`. */
export const namesIn = async (folder: string): Promise<readonly string[]> =>
  (await unlessGone(folder, readdir(folder))) ?? [];
