import { randomBytes } from "node:crypto";
import { readdir, readFile, rm, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { CoreError } from "../errors.ts";
import { featureSpaceSchema } from "../features/space.ts";
import type { FeatureSpace } from "../features/types.ts";
import { makeFolder } from "../files/make-folder-node.ts";
import { isAlive, type Owner, ownerTag, parseOwnerTag } from "../files/owner-node.ts";
import { FOREIGN_LIMIT_MS } from "../files/show-life-node.ts";
import { codeOf, diskFull, isDiskFull } from "../files/system-error-node.ts";
import { writeRefusal } from "../files/write-refusal-node.ts";
import { writeWhole } from "../files/write-whole-node.ts";

/*
 * HOME/cache/features
 *   SPACE ID/                   one folder a space (64 hex digits)
 *     space.json                what the space is, for people and `graft cache show`
 *     ID.pack                   a pack nobody writes to
 *     ID.OWNER.pack             a pack that OWNER appends to
 *     OWNER.lease               a live run reads this space
 *     space.json.ID.tmp         it, in the making
 * A file's time of change is when it was last used (packs) or when its owner last showed life (leases).
 */
const SPACE_FILE = "space.json";
/** Packs show life only when written to, so one of another machine is left alone for a day. */
const FOREIGN_PACK_MS = 24 * 3_600_000;
const TEMPORARY_MS = 3_600_000;

export interface PackFile {
  /** Stays the same when the owner, and so the name, changes. */
  readonly id: string;
  readonly path: string;
  readonly bytes: number;
  readonly lastUsed: number;
  /** True when nobody who still lives appends to it. */
  readonly isFree: boolean;
}

export interface SpaceFolder {
  readonly id: string;
  readonly path: string;
  readonly packs: readonly PackFile[];
  readonly isLeased: boolean;
}

/** What a system's refusal to write means here. */
export function storeError(error: unknown, what: string): CoreError {
  if (error instanceof CoreError) return error;
  const path =
    error instanceof Error && "path" in error && typeof error.path === "string" ? error.path : "it";
  const received = writeRefusal(path, error);
  if (isDiskFull(error)) {
    const fix =
      "Free some space, make the cache smaller (`graft cache prune`), or put it on another disk (`home` or GRAFT_HOME).";
    return diskFull({ what, received, fix }, error);
  }
  const fix = "Make the folder writable, or use another one (`home` or GRAFT_HOME).";
  return new CoreError("bad-input", { what, received, fix }, { cause: error });
}

/** Undefined when the file is gone: other processes give up, adopt and rename files at any time. */
export async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

export const packName = (id: string, owner?: Owner): string =>
  owner ? `${id}.${ownerTag(owner)}.pack` : `${id}.pack`;
export const leaseName = (owner: Owner): string => `${ownerTag(owner)}.lease`;
/** Sorts by time of making. */
export const newPackId = (): string =>
  `${Date.now().toString(36).padStart(9, "0")}${randomBytes(4).toString("hex")}`;

/** A folder for the space, with its description. @throws as the file system. */
export async function makeSpaceFolder(folder: string, id: string, space?: FeatureSpace): Promise<string> {
  const path = join(folder, id);
  await makeFolder(path);
  const file = join(path, SPACE_FILE);
  if (space === undefined || (await unlessGone(stat(file)))) return path;
  await writeWhole(file, `${JSON.stringify(space, null, 2)}\n`);
  return path;
}

/** The description, or null when it is missing or of another version of graft. */
export async function readSpaceFile(path: string): Promise<FeatureSpace | null> {
  try {
    return featureSpaceSchema.parse(JSON.parse(await readFile(join(path, SPACE_FILE), "utf8")));
  } catch {
    return null;
  }
}

/** What lies in a space's folder now, least recently used pack first. */
export async function listSpace(folder: string, id: string, now: number): Promise<SpaceFolder> {
  const path = join(folder, id);
  const packs: PackFile[] = [];
  let isLeased = false;
  for (const name of (await unlessGone(readdir(path))) ?? []) {
    const [first = "", tag = "", ...rest] = name.split(".");
    const kind = rest[0] ?? tag;
    if (kind !== "pack" && kind !== "lease") continue;
    const found = await unlessGone(stat(join(path, name)));
    if (!found) continue;
    const silent = now - found.mtimeMs;
    const owner = parseOwnerTag(kind === "lease" ? first : tag);
    if (kind === "lease") isLeased ||= owner !== undefined && isAlive(owner, silent, FOREIGN_LIMIT_MS);
    else {
      const isFree = owner === undefined || !isAlive(owner, silent, FOREIGN_PACK_MS);
      packs.push({ id: first, path: join(path, name), bytes: found.size, lastUsed: found.mtimeMs, isFree });
    }
  }
  return { id, path, packs: packs.sort((a, b) => a.lastUsed - b.lastUsed), isLeased };
}

/** Every space of a cache. A folder that is not there is an empty cache. */
export async function listCache(folder: string, now: number): Promise<SpaceFolder[]> {
  const names = ((await unlessGone(readdir(folder))) ?? []).filter((name) => /^[0-9a-f]{64}$/.test(name));
  return Promise.all(names.sort().map((id) => listSpace(folder, id, now)));
}

/** Removes the folder when only its description is left. */
export async function removeIfEmpty(path: string): Promise<void> {
  const names = (await unlessGone(readdir(path))) ?? [];
  if (names.some((name) => name !== SPACE_FILE)) return;
  await rm(join(path, SPACE_FILE), { force: true });
  // not empty when another process has just begun to use it: it writes the description again with its next pack
  await rmdir(path).catch(() => undefined);
}

/** Removes what killed processes left: void leases, files in the making, packs that never got a row, empty folders. */
export async function sweepCache(folder: string, now: number): Promise<void> {
  for (const { path, packs } of await listCache(folder, now)) {
    for (const pack of packs) if (pack.isFree && pack.bytes <= 64) await rm(pack.path, { force: true });
    for (const name of (await unlessGone(readdir(path))) ?? []) {
      const file = join(path, name);
      const found = await unlessGone(stat(file));
      const silent = now - (found?.mtimeMs ?? now);
      const owner = parseOwnerTag(name.replace(/\.lease$/, ""));
      const isVoid =
        owner !== undefined && name.endsWith(".lease") && !isAlive(owner, silent, FOREIGN_LIMIT_MS);
      if (isVoid || (name.endsWith(".tmp") && silent > TEMPORARY_MS)) await rm(file, { force: true });
    }
    await removeIfEmpty(path);
  }
}
