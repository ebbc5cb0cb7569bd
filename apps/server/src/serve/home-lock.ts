import { join } from "node:path";
import { CoreError, type FolderLock } from "@graft/core";
import { makeFolder, placeOnDisk } from "@graft/core/node";

/**
 * One server for a home: what lies in it is this process's until the lock is released.
 * @throws CoreError `conflict` with the name of who has it, `bad-input` for a home that cannot be written to.
 */
export async function lockHome(home: string): Promise<FolderLock> {
  const folder = join(home, "server");
  await makeFolder(folder).catch((cause: unknown) => {
    const received = cause instanceof Error ? cause.message : home;
    const what = "A server cannot keep anything in this home.";
    throw new CoreError("bad-input", { what, received, fix: "Choose another `home`." }, { cause });
  });
  const place = placeOnDisk(join(folder, "serve.lock"));
  const lock = await place.folder.lock(place.path);
  if (!("holder" in lock)) return lock;
  throw new CoreError(
    "conflict",
    {
      what: "A server has this home already.",
      received: `${home}, held by ${lock.holder}`,
      fix: "Use that one, or end it first; or give this one another `home`.",
    },
    { facts: { pid: lock.pid } },
  );
}
