import { CoreError } from "../errors.ts";
import type { Folder, FolderLock, LockedBy } from "../files/folder.ts";

const LOCK_FILE = "lock";

/** A lock that is held until `release`, or until the process ends. */
export type RunLock = FolderLock;

/** Who works on a run now. */
export const runHolder = (run: Folder): Promise<LockedBy | undefined> => run.lockedBy(LOCK_FILE);

/** One live holder for each run. @throws CoreError `conflict` that names it. */
export async function lockRun(run: Folder, id: string): Promise<RunLock> {
  const lock = await run.lock(LOCK_FILE);
  if ("release" in lock) return lock;
  throw new CoreError(
    "conflict",
    {
      what: `The run ${id} is already in progress.`,
      received: lock.pid === undefined ? `a lock ${run.nameOf(LOCK_FILE)}` : `a live ${lock.holder}`,
      fix: "Wait until it ends, or stop it: a stopped run can be resumed.",
    },
    { facts: { run: id, pid: lock.pid ?? 0 } },
  );
}
