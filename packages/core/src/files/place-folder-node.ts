import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { PlaceRules } from "./folder.ts";
import { makeFolder } from "./make-folder-node.ts";
import { isAlive, newTag, parseOwnerTag } from "./owner-node.ts";
import { checkTarget, placingError, resolveTarget } from "./place-target-node.ts";
import { syncFolder } from "./sync-folder-node.ts";

export interface PlaceFolderOptions extends PlaceRules {
  /** Writes and syncs the files into this empty folder. */
  readonly fill: (temporary: string) => Promise<void>;
}

/** An old folder that steps aside for a new one. */
const REPLACED = "-replaced";
/** Of processes on other machines nothing is known: theirs are swept when they are older than any writing takes. */
const STALE_MS = 60 * 60 * 1000;

/** Names beside a target, of this process alone: where it is filled, and where what it replaces steps aside. */
export function besideTarget(target: string): {
  readonly prefix: string;
  readonly temporary: string;
  readonly replaced: string;
} {
  const prefix = `.${basename(target)}.graft-`;
  const temporary = join(dirname(target), `${prefix}${newTag()}`);
  return { prefix, temporary, replaced: `${temporary}${REPLACED}` };
}

/** Puts `temporary` in the target's place. What was there comes back when that fails. */
async function swapIn(temporary: string, target: string, replaced: string): Promise<void> {
  await rename(target, replaced);
  try {
    await rename(temporary, target);
  } catch (error) {
    await rename(replaced, target);
    throw error;
  }
}

/** Removes what can be removed: the new folder is in its place, and a leftover beside it is no failure of its writing. */
export async function clear(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(() => undefined);
}

/** Removes what killed processes left beside the target: what was half written, and old folders that had stepped aside. */
export async function sweepStale(parent: string, prefix: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue;
    const path = join(parent, name);
    const silentMs = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    const owner = parseOwnerTag(name.slice(prefix.length).replace(REPLACED, ""));
    const isLive = owner ? isAlive(owner, silentMs, STALE_MS) : silentMs < STALE_MS;
    if (!isLive) await clear(path);
  }
}

/**
 * Makes a folder appear whole or not at all: filled under a name beside the target, synced, renamed.
 *
 * No file system replaces a folder that has files in one call, so with `force` the old one steps aside first: a process killed
 * between the two renames leaves both, beside the target, and no half of either.
 * @returns the folder's absolute path.
 * @throws CoreError `conflict` when something is there (without `force`, or that is more than the known files),
 * `disk-full`, `bad-input` for a place that cannot be written.
 */
export async function placeFolder(folder: string, options: PlaceFolderOptions): Promise<string> {
  let temporary: string | undefined;
  try {
    const target = await resolveTarget(folder);
    const parent = dirname(target);
    const beside = besideTarget(target);
    const replaces = await checkTarget(target, options);
    await makeFolder(parent);
    temporary = beside.temporary;
    await mkdir(temporary);
    await options.fill(temporary);
    await syncFolder(temporary);
    if (replaces) await swapIn(temporary, target, beside.replaced);
    else await rename(temporary, target);
    await syncFolder(parent);
    await clear(beside.replaced);
    await sweepStale(parent, beside.prefix);
    return target;
  } catch (error) {
    // what cannot be cleared now is swept by a later writing; the reason to tell is the first one
    if (temporary !== undefined) await clear(temporary);
    throw placingError(error, resolve(folder), options.noun);
  }
}
