import { link, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CoreError } from "../errors.ts";
import { isAlive, newOwner, type Owner, ownerTag, parseOwnerTag } from "../files/owner-node.ts";
import { codeOf } from "../files/system-error-node.ts";

const LOCK_FILE = "lock";
/** The holder shows life so often; one on another machine is given up after four missed. */
const HEARTBEAT_MS = 30_000;
const FOREIGN_LIMIT_MS = 4 * HEARTBEAT_MS;
/** A file system without hard links has a moment between a lock's file and what is in it. */
const EMPTY_LIMIT_MS = 5000;

/** A lock that is held until `release`, or until the process ends. */
export interface RunLock extends AsyncDisposable {
  /** Idempotent. */
  release(): Promise<void>;
}

interface FoundLock {
  readonly tag: string;
  readonly owner: Owner | undefined;
  readonly isLive: boolean;
}

async function findLock(path: string): Promise<FoundLock | undefined> {
  try {
    const [tag, { mtimeMs }] = [await readFile(path, "utf8"), await stat(path)];
    const owner = parseOwnerTag(tag);
    const silentMs = Date.now() - mtimeMs;
    const isLive = owner ? isAlive(owner, silentMs, FOREIGN_LIMIT_MS) : silentMs < EMPTY_LIMIT_MS;
    return { tag, owner, isLive };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** The number of the live process that holds a run's lock; undefined when there is none. */
export async function lockHolder(folder: string): Promise<number | undefined> {
  const found = await findLock(join(folder, LOCK_FILE));
  return found?.isLive ? (found.owner?.pid ?? 0) : undefined;
}

/** Makes the lock's file, whole, unless it is there. @returns whether it was made. */
async function create(path: string, tag: string, own: string): Promise<boolean> {
  try {
    await writeFile(own, tag);
    await link(own, path).catch(async (error: unknown) => {
      if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(codeOf(error))) throw error;
      await writeFile(path, tag, { flag: "wx" });
    });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

/** Takes a dead process's lock away; when another process was quicker, gives it its lock back. */
async function clear(path: string, { tag }: FoundLock, own: string): Promise<void> {
  try {
    await rename(path, own);
    if ((await readFile(own, "utf8")) !== tag) await link(own, path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT" && codeOf(error) !== "EEXIST") throw error;
  } finally {
    await rm(own, { force: true });
  }
}

/**
 * One live process for each run. The lock of a process that is gone is taken over, also when another process has got its
 * number since.
 * @throws CoreError `conflict` that names the process.
 */
export async function lockRun(folder: string, id: string): Promise<RunLock> {
  const path = join(folder, LOCK_FILE);
  const tag = ownerTag(newOwner());
  const own = `${path}.${tag}`;
  while (!(await create(path, tag, own))) {
    const found = await findLock(path);
    if (found?.isLive) throw liveError(id, path, found);
    if (found) await clear(path, found, own);
  }
  const showLife = async (): Promise<void> => utimes(path, new Date(), new Date());
  const timer = setInterval(() => void showLife().catch(() => undefined), HEARTBEAT_MS);
  timer.unref();
  let released = false;
  const release = async (): Promise<void> => {
    if (released) return;
    released = true;
    clearInterval(timer);
    if ((await findLock(path))?.tag === tag) await rm(path, { force: true });
  };
  return { release, [Symbol.asyncDispose]: release };
}

function liveError(id: string, path: string, { owner }: FoundLock): CoreError {
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
