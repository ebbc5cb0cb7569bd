import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";
import { makeFolder } from "../files/make-folder-node.ts";
import { isAlive, newTag, parseOwnerTag } from "../files/owner-node.ts";
import { FOREIGN_LIMIT_MS } from "../files/show-life-node.ts";
import { codeOf } from "../files/system-error-node.ts";
import { unlessGone } from "./folder-node.ts";
import { holdLease } from "./lease-node.ts";

/*
 * HOME/cache/archives
 *   SHA256-VERSION/          an archive's files (dataset/archive-store-node.ts), whole or absent
 *     manifest.json          its time of change is when the archive was last opened
 *   .unpacking-OWNER/        on its way in, or out
 * HOME/cache/archives-in-use
 *   SHA256-VERSION.OWNER.lease    a live process reads this archive
 *   SHA256-VERSION.OWNER.leaving  a live process is about to give it up
 */
export const ARCHIVE_MANIFEST = "manifest.json";
const TEMPORARY = ".unpacking-";
/** Temporaries of another machine (a shared home) or of an older graft are left alone for this long. */
const STALE_MS = 24 * 60 * 60 * 1000;
/** How long moving a folder away may take, and how often its end is looked for. */
const LOOK_AGAIN_MS = 20;
/** What a home answers that can be read only, or has no room even for an empty file. */
const NOT_WRITABLE = ["EROFS", "EACCES", "EPERM", "ENOSPC", "EDQUOT"];

/** An unpacked archive, for people and for what makes room. */
export interface CachedArchive {
  /** sha256 of the archive, and the version of the store that unpacked it (none: the first). */
  readonly id: string;
  /** The archive's file name when it was unpacked; null for those of an older graft. */
  readonly name: string | null;
  readonly files: number;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly lastUsed: number;
  readonly isLeased: boolean;
}

const summarySchema = z.object({
  name: z.string().optional(),
  files: z.array(z.object({ file: z.string(), bytes: z.int().min(0) })),
});

const usesFolder = (root: string): string => `${root}-in-use`;

/** A name for a folder on its way in or out: removed by whoever comes next when this process dies. */
export const temporaryName = (root: string): string => join(root, `${TEMPORARY}${newTag()}`);

/** Ids with a mark of that kind by a process that lives. */
async function markedIds(root: string, kind: "lease" | "leaving"): Promise<Set<string>> {
  const ids = new Set<string>();
  for (const name of (await unlessGone(readdir(usesFolder(root)))) ?? []) {
    const [id = "", tag = "", ending = ""] = name.split(".");
    if (ending === kind && (await isLiveMark(join(usesFolder(root), name), tag))) ids.add(id);
  }
  return ids;
}

async function isLiveMark(path: string, tag: string): Promise<boolean> {
  const owner = parseOwnerTag(tag);
  const found = await unlessGone(stat(path));
  return !!owner && !!found && isAlive(owner, Date.now() - found.mtimeMs, FOREIGN_LIMIT_MS);
}

/** A file that says for as long as its owner lives what it does with the archive. */
async function markFile(root: string, id: string, kind: "lease" | "leaving"): Promise<string> {
  await makeFolder(usesFolder(root));
  return join(usesFolder(root), `${id}.${newTag()}.${kind}`);
}

/**
 * Keeps an archive, unpacked or about to be, until it is disposed of or the process ends. A home that cannot be written
 * to gives no lease: what is there can be read all the same.
 */
export async function leaseArchive(root: string, id: string): Promise<AsyncDisposable> {
  const take = async () => holdLease(await markFile(root, id, "lease"), Date.now);
  const lease = await unlessReadOnly(take());
  // who looked before this lease was there may be moving the archive away now
  while ((await markedIds(root, "leaving")).has(id)) await delay(LOOK_AGAIN_MS);
  return lease ?? { [Symbol.asyncDispose]: async () => undefined };
}

/** Undefined where the home cannot be written to. */
async function unlessReadOnly<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (NOT_WRITABLE.includes(codeOf(error))) return undefined;
    throw error;
  }
}

/**
 * Gives an archive up unless it is leased. It leaves its name at once and whole, so that a kill in between leaves nothing
 * half; and it is marked before leases are looked for while a lease is taken before marks are, so that of a process that
 * opens it and one that gives it up at least one sees the other.
 * @returns false when it stays.
 */
export async function removeArchive(root: string, id: string): Promise<boolean> {
  const mark = await markFile(root, id, "leaving");
  const leaving = temporaryName(root);
  try {
    await writeFile(mark, "");
    if ((await markedIds(root, "lease")).has(id)) return false;
    await rename(join(root, id), leaving);
  } catch (error) {
    // gone already; or a file in it is open (Windows)
    if (codeOf(error) === "ENOENT" || codeOf(error) === "EBUSY" || codeOf(error) === "EPERM") return false;
    throw error;
  } finally {
    await rm(mark, { force: true });
  }
  await rm(leaving, { recursive: true, force: true });
  return true;
}

/** @returns "damaged" when it is not whole and nobody's any more, undefined when it is gone or cannot be read now. */
async function readArchive(
  root: string,
  id: string,
): Promise<Omit<CachedArchive, "isLeased"> | "damaged" | undefined> {
  const path = join(root, id, ARCHIVE_MANIFEST);
  try {
    const { mtimeMs: lastUsed } = await stat(path);
    const { name = null, files } = summarySchema.parse(JSON.parse(await readFile(path, "utf8")));
    // two names may have one file, by a link
    const sizes = new Map(files.map(({ file, bytes }) => [file, bytes]));
    const bytes = [...sizes.values()].reduce((sum, one) => sum + one, 0);
    return { id, name, files: sizes.size, bytes, lastUsed };
  } catch (error) {
    return ["", "ENOENT"].includes(codeOf(error)) ? "damaged" : undefined;
  }
}

const archiveIds = async (root: string): Promise<string[]> =>
  ((await unlessGone(readdir(root))) ?? []).filter((name) => /^[0-9a-f]{64}(-\d+)?$/.test(name));

/** Every unpacked archive. A folder that is not there has none. */
export async function listArchives(root: string): Promise<CachedArchive[]> {
  const ids = await archiveIds(root);
  const leased = ids.length > 0 ? await markedIds(root, "lease") : new Set<string>();
  const found = await Promise.all(ids.map((id) => readArchive(root, id)));
  return found.flatMap((archive) =>
    archive && archive !== "damaged" ? [{ ...archive, isLeased: leased.has(archive.id) }] : [],
  );
}

/** Removes what killed processes left: folders on their way, void leases; and what is not whole. */
export async function sweepArchives(root: string): Promise<void> {
  for (const name of (await unlessGone(readdir(root))) ?? []) {
    if (!name.startsWith(TEMPORARY)) continue;
    const path = join(root, name);
    const modified = (await unlessGone(stat(path)))?.mtimeMs;
    if (modified === undefined) continue;
    const owner = parseOwnerTag(name.slice(TEMPORARY.length));
    const silentMs = Date.now() - modified;
    const isLive = owner ? isAlive(owner, silentMs, STALE_MS) : silentMs < STALE_MS;
    if (!isLive) await rm(path, { recursive: true, force: true });
  }
  for (const name of (await unlessGone(readdir(usesFolder(root)))) ?? []) {
    const path = join(usesFolder(root), name);
    if (!(await isLiveMark(path, name.split(".")[1] ?? ""))) await rm(path, { force: true });
  }
  for (const id of await archiveIds(root))
    if ((await readArchive(root, id)) === "damaged") await unlessReadOnly(removeArchive(root, id));
}
