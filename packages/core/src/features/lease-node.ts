import { rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { newOwner } from "../files/owner-node.ts";
import { HEARTBEAT_MS, leaseName, makeSpaceFolder, removeIfEmpty, unlessGone } from "./cache-folder-node.ts";

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
  const create = async (): Promise<true> => {
    await makeSpaceFolder(folder, spaceId);
    await writeFile(file, "");
    return true;
  };
  // twice: another process may remove the folder, which is still empty, in between
  if (!(await unlessGone(create()))) await create();
  const showLife = async (): Promise<void> => utimes(file, now() / 1000, now() / 1000);
  await showLife();
  const timer = setInterval(() => void showLife().catch(() => undefined), HEARTBEAT_MS);
  timer.unref(); // a lease keeps features, not the process
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await rm(file, { force: true });
      await removeIfEmpty(path);
    },
  };
}
