import { join } from "node:path";
import { CoreError } from "../errors.ts";
import { type Claim, readClaim } from "../files/claim-node.ts";
import { type HeldFile, holdFile } from "../files/held-file-node.ts";
import { FOREIGN_LIMIT_MS } from "../files/show-life-node.ts";

const LOCK_FILE = "lock";

/** A lock that is held until `release`, or until the process ends. */
export interface RunLock extends HeldFile, AsyncDisposable {}

/** The number of the live process that holds a run's lock; undefined when there is none. */
export async function lockHolder(folder: string): Promise<number | undefined> {
  const found = await readClaim(join(folder, LOCK_FILE), FOREIGN_LIMIT_MS);
  return found?.isLive ? (found.owner?.pid ?? 0) : undefined;
}

/** One live process for each run. @throws CoreError `conflict` that names the process. */
export async function lockRun(folder: string, id: string): Promise<RunLock> {
  const path = join(folder, LOCK_FILE);
  const lock = await holdFile(path);
  if ("holder" in lock) throw liveError(id, path, lock.holder);
  return { release: lock.release, [Symbol.asyncDispose]: lock.release };
}

function liveError(id: string, path: string, { owner }: Claim): CoreError {
  const pid = owner?.pid ?? 0;
  return new CoreError(
    "conflict",
    {
      what: `The run ${id} is being worked on.`,
      received: pid > 0 ? `a live process ${pid}` : `a lock ${path}`,
      fix: "Wait until it ends, or stop it: a stopped run can be resumed.",
    },
    { facts: { run: id, pid } },
  );
}
