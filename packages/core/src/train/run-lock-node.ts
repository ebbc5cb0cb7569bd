import { rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { CoreError } from "../errors.ts";
import { type Claim, claimFile, newTag, readClaim, sweepClaims } from "../files/claim-node.ts";

const LOCK_FILE = "lock";
/** The holder shows life so often; one on another machine is given up after four missed. */
const HEARTBEAT_MS = 30_000;
const FOREIGN_LIMIT_MS = 4 * HEARTBEAT_MS;

/** A lock that is held until `release`, or until the process ends. */
export interface RunLock extends AsyncDisposable {
  /** Idempotent. */
  release(): Promise<void>;
}

/** The number of the live process that holds a run's lock; undefined when there is none. */
export async function lockHolder(folder: string): Promise<number | undefined> {
  const found = await readClaim(join(folder, LOCK_FILE), FOREIGN_LIMIT_MS);
  return found?.isLive ? (found.owner?.pid ?? 0) : undefined;
}

/**
 * One live process for each run. The lock of a process that is gone is taken over, also when another process has got its
 * number since.
 * @throws CoreError `conflict` that names the process.
 */
export async function lockRun(folder: string, id: string): Promise<RunLock> {
  const path = join(folder, LOCK_FILE);
  const tag = newTag();
  const holder = await claimFile(path, tag, FOREIGN_LIMIT_MS);
  if (holder) throw liveError(id, path, holder);
  await sweepClaims(path);
  const showLife = async (): Promise<void> => utimes(path, new Date(), new Date());
  const timer = setInterval(() => void showLife().catch(() => undefined), HEARTBEAT_MS);
  timer.unref();
  let released = false;
  const release = async (): Promise<void> => {
    if (released) return;
    released = true;
    clearInterval(timer);
    if ((await readClaim(path, FOREIGN_LIMIT_MS))?.tag === tag) await rm(path, { force: true });
  };
  return { release, [Symbol.asyncDispose]: release };
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
