import { constants } from "node:fs";
import { access, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { CoreError } from "../errors.ts";
import { isAlive, newOwner, ownerTag, parseOwnerTag } from "../files/owner-node.ts";
import { syncFolder } from "../files/sync-folder-node.ts";
import { codeOf, diskFull, isDiskFull } from "../files/system-error-node.ts";

export interface PlaceFolderOptions {
  /** Replace what is there, when it holds nothing but files of these names. */
  readonly force: boolean;
  /** All file names that such a folder may hold. */
  readonly known: readonly string[];
  /** What the folder is, for messages: "model". */
  readonly noun: string;
  /** Writes and syncs the files into this empty folder. */
  readonly fill: (temporary: string) => Promise<void>;
}

/** An old folder that steps aside for a new one. */
const REPLACED = "-replaced";
/** Of processes on other machines nothing is known: theirs are swept when they are older than any writing takes. */
const STALE_MS = 60 * 60 * 1000;

/** Names in a folder; undefined when nothing is there. @throws CoreError `conflict` when it is no folder. */
async function namesIn(folder: string): Promise<string[] | undefined> {
  try {
    return await readdir(folder);
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") return undefined;
    if (codeOf(cause) !== "ENOTDIR") throw cause;
    throw new CoreError(
      "conflict",
      {
        what: "There is a file where the folder should go.",
        received: folder,
        fix: "Choose another folder.",
      },
      { cause },
    );
  }
}

/** @returns whether something is there that is to be replaced. */
async function checkTarget(
  target: string,
  { force, known, noun }: Omit<PlaceFolderOptions, "fill">,
): Promise<boolean> {
  const names = await namesIn(target);
  if (names === undefined) return false;
  if (names.length === 0) return true;
  const foreign = names.filter((name) => !known.includes(name));
  if (foreign.length > 0) {
    throw new CoreError("conflict", {
      what: `The folder ${target} holds more than a ${noun}, so it is not replaced.`,
      received:
        foreign.slice(0, 5).join(", ") + (foreign.length > 5 ? ` and ${foreign.length - 5} more` : ""),
      fix: "Choose another folder, or move these files away yourself.",
    });
  }
  if (force) return true;
  throw new CoreError("conflict", {
    what: `There is a ${noun} already.`,
    received: target,
    fix: "Choose another folder, or replace it with --force.",
  });
}

/** The nearest folder above a path that exists. */
async function existingAbove(path: string): Promise<string> {
  const parent = dirname(path);
  const isThere = await stat(parent).then(
    () => true,
    () => false,
  );
  return isThere || parent === path ? parent : existingAbove(parent);
}

/**
 * Looks whether a folder may be placed there, before the work that fills it; makes nothing.
 * @throws as `placeFolder`, as far as that can be known now.
 */
export async function checkPlace(folder: string, options: Omit<PlaceFolderOptions, "fill">): Promise<void> {
  if (folder.trim() === "")
    throw new CoreError("bad-input", { what: `No folder was given for the ${options.noun}.` });
  const target = resolve(folder);
  try {
    await checkTarget(target, options);
    await access(await existingAbove(target), constants.W_OK);
  } catch (error) {
    throw placingError(error, target, options.noun);
  }
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
  await rm(replaced, { recursive: true, force: true });
}

/** Removes what killed processes left beside the target: half-written folders, and old ones that had stepped aside. */
async function sweepStale(parent: string, prefix: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue;
    const path = join(parent, name);
    const silentMs = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    const owner = parseOwnerTag(name.slice(prefix.length).replace(REPLACED, ""));
    const isLive = owner ? isAlive(owner, silentMs, STALE_MS) : silentMs < STALE_MS;
    if (!isLive) await rm(path, { recursive: true, force: true });
  }
}

function placingError(error: unknown, target: string, noun: string): unknown {
  const code = codeOf(error);
  if (error instanceof CoreError) return error;
  if (isDiskFull(error)) {
    const what = `There is no room on the disk for the ${noun}.`;
    return diskFull({ what, received: target, fix: "Free some space and try again." }, error);
  }
  if (code === "EEXIST" || code === "ENOTEMPTY") {
    const what = `Something else put a folder there while the ${noun} was written.`;
    return new CoreError(
      "conflict",
      { what, received: target, fix: "Choose another folder." },
      { cause: error },
    );
  }
  if (["EACCES", "EPERM", "EROFS", "ENOTDIR", "ENAMETOOLONG"].includes(code)) {
    const what = `The ${noun} can not be written there.`;
    const fix = "Choose a folder that you may write to.";
    return new CoreError("bad-input", { what, received: `${target} (${code})`, fix }, { cause: error });
  }
  return error;
}

/**
 * Makes a folder appear whole or not at all: filled under a name beside the target, synced, renamed.
 *
 * No file system replaces a folder that has files in one call, so with `force` the old one steps aside first: a process killed
 * between the two renames leaves both, beside the target, and no half of either.
 * @returns the folder's absolute path.
 * @throws CoreError `conflict` when something is there (without `force`, or that is more than the known files),
 * `disk-full`, `bad-input` for a place that can not be written.
 */
export async function placeFolder(folder: string, options: PlaceFolderOptions): Promise<string> {
  const target = resolve(folder);
  const parent = dirname(target);
  const prefix = `.${basename(target)}.graft-`;
  const temporary = join(parent, `${prefix}${ownerTag(newOwner())}`);
  try {
    const replaces = await checkTarget(target, options);
    await mkdir(parent, { recursive: true });
    await mkdir(temporary);
    await options.fill(temporary);
    await syncFolder(temporary);
    if (replaces) await swapIn(temporary, target, `${temporary}${REPLACED}`);
    else await rename(temporary, target);
    await syncFolder(parent);
    await sweepStale(parent, prefix);
    return target;
  } catch (error) {
    // what can not be cleared now is swept by a later writing; the reason to tell is the first one
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw placingError(error, target, options.noun);
  }
}
