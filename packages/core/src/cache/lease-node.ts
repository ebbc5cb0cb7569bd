import { rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { newOwner } from "../files/owner-node.ts";
import { showLife } from "../files/show-life-node.ts";
import { leaseName, makeSpaceFolder, removeIfEmpty, unlessGone } from "./folder-node.ts";

/**
 * Writes a lease's file, in a folder that is there, and shows life in it until it is disposed of.
 * @throws as the file system.
 */
export async function holdLease(file: string, now: () => number): Promise<AsyncDisposable> {
  await writeFile(file, "");
  await utimes(file, now() / 1000, now() / 1000);
  const life = showLife(file, now);
  return {
    async [Symbol.asyncDispose]() {
      life[Symbol.dispose]();
      await rm(file, { force: true });
    },
  };
}

/**
 * A file that says: a live run needs this space. Its name holds the process (number and start time), so the lease of a
 * killed process is void at once, also when another one got its number.
 * @throws as the file system.
 */
export async function takeLease(
  folder: string,
  spaceId: string,
  now: () => number,
): Promise<AsyncDisposable> {
  const path = join(folder, spaceId);
  const file = join(path, leaseName(newOwner()));
  const create = async (): Promise<AsyncDisposable> => {
    await makeSpaceFolder(folder, spaceId);
    return holdLease(file, now);
  };
  // twice: another process may remove the folder, which is still empty, in between
  const lease = (await unlessGone(create())) ?? (await create());
  return {
    async [Symbol.asyncDispose]() {
      await lease[Symbol.asyncDispose]();
      await removeIfEmpty(path);
    },
  };
}
