import { link, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isAlive, type Owner, parseOwnerTag } from "./owner-node.ts";
import { codeOf } from "./system-error-node.ts";

/** A file system without hard links has a moment between a claim's file and what is in it. */
const EMPTY_LIMIT_MS = 5000;

/** What a claimed file says. */
export interface Claim {
  readonly tag: string;
  readonly owner: Owner | undefined;
  readonly isLive: boolean;
}

/** @param foreignLimitMs how long an owner on another machine may show no life. */
export async function readClaim(path: string, foreignLimitMs: number): Promise<Claim | undefined> {
  try {
    const [tag, { mtimeMs }] = [await readFile(path, "utf8"), await stat(path)];
    const owner = parseOwnerTag(tag);
    const silentMs = Date.now() - mtimeMs;
    // also one that is ahead of us: the clock was set back, and nobody is about to write it
    const isFresh = Math.abs(silentMs) < EMPTY_LIMIT_MS;
    const isLive = owner ? isAlive(owner, silentMs, foreignLimitMs) : isFresh;
    return { tag, owner, isLive };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Where a claim's file is written before it gets its name. */
const beside = (path: string, tag: string): string => `${path}.${tag}`;
/** Who has claimed this name, and nobody else, may put an owner in the place of a dead one. */
const successorName = (path: string, dead: Claim): string =>
  `${path}.after-${dead.owner ? dead.tag : "unreadable"}`;

/** Makes the file, whole, unless it is there. @returns whether it was made. */
async function create(path: string, tag: string): Promise<boolean> {
  const own = beside(path, tag);
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

/** Writes the tag over a dead owner's, unless another owner is there by now. @returns whether it did. */
async function replace(path: string, tag: string, dead: Claim, foreignLimitMs: number): Promise<boolean> {
  if ((await readClaim(path, foreignLimitMs))?.tag !== dead.tag) return false;
  const own = beside(path, tag);
  await writeFile(own, tag);
  await rename(own, path);
  return true;
}

/**
 * Makes a file this owner's unless a live one has it. A dead owner's file is never taken away, for then two could take
 * its place one after the other: it is written over by the one owner that holds the right to, which is a claim of the
 * same kind on a name that only this dead owner's file has.
 * @returns undefined when it is ours, else the live owner's claim.
 */
export async function claimFile(
  path: string,
  tag: string,
  foreignLimitMs: number,
): Promise<Claim | undefined> {
  while (!(await create(path, tag))) {
    const found = await readClaim(path, foreignLimitMs);
    if (found?.isLive) return found;
    if (!found) continue;
    const right = successorName(path, found);
    const other = await claimFile(right, tag, foreignLimitMs);
    if (other) return other;
    try {
      if (await replace(path, tag, found, foreignLimitMs)) return undefined;
    } finally {
      await rm(right, { force: true });
    }
  }
  return undefined;
}

/**
 * Removes what processes that were killed while they claimed left beside a file. Only its owner may: to everybody else
 * a right to succeed may still mean something.
 */
export async function sweepClaims(path: string): Promise<void> {
  const prefix = `${basename(path)}.`;
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(prefix)) continue;
    const left = join(dirname(path), name);
    const claim = await readClaim(left, Number.POSITIVE_INFINITY);
    if (claim && !claim.isLive) await rm(left, { force: true });
  }
}
