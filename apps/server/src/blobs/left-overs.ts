import { open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isAlive, makeFolder, newTag, parseOwnerTag } from "@graft/core/node";

/** Of a process on another machine that shares the folder nothing is known: nobody writes one file for longer. */
const FOREIGN_LIMIT_MS = 24 * 60 * 60_000;

/** A path for what is not whole yet; it says which process writes it. */
export const unfinishedPath = (folder: string): string => join(folder, newTag());

/**
 * Makes a folder for what is not whole yet, looks whether it may be written to, and removes what killed processes left there.
 * @throws as the file system.
 */
export async function openUnfinished(folder: string): Promise<void> {
  await makeFolder(folder);
  for (const name of await readdir(folder)) {
    const owner = parseOwnerTag(name);
    const path = join(folder, name);
    const silentMs = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (owner && !isAlive(owner, silentMs, FOREIGN_LIMIT_MS)) await rm(path, { force: true });
  }
  const probe = unfinishedPath(folder);
  await (await open(probe, "wx")).close();
  await rm(probe);
}
