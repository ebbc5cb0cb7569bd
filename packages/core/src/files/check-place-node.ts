import { mkdir, rmdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { CoreError } from "../errors.ts";
import type { FileRules, PlaceRules } from "./folder.ts";
import { besideTarget } from "./place-folder-node.ts";
import { checkFileTarget, checkTarget, placingError, resolveTarget } from "./place-target-node.ts";
import { codeOf } from "./system-error-node.ts";

/** The nearest folder above a path that exists. */
async function existingAbove(path: string): Promise<string> {
  const parent = dirname(path);
  try {
    await stat(parent);
    return parent;
  } catch (error) {
    if (codeOf(error) !== "ENOENT" || parent === path) throw error;
    return existingAbove(parent);
  }
}

/** Tries names as long as placing will use, in the nearest folder that exists. */
async function tryPlace(target: string): Promise<void> {
  const trial = join(await existingAbove(target), basename(besideTarget(target).replaced));
  await mkdir(trial);
  await rmdir(trial);
}

/**
 * Looks whether a folder may be placed there, before the work that fills it; leaves nothing behind.
 *
 * Permissions alone do not tell (a read-only disk, a quota, /proc, a name that is too long), so a folder is made and taken
 * away again, under the longest name that placing will use, in the nearest folder that exists.
 * @throws CoreError as `placeFolder`, as far as that can be known now.
 */
export function checkPlace(folder: string, rules: PlaceRules): Promise<void> {
  return check(folder, rules.noun, async (target) => void (await checkTarget(target, rules)));
}

/** The same for a file. @throws CoreError as `placeFile`, as far as that can be known now. */
export function checkFilePlace(path: string, rules: FileRules): Promise<void> {
  return check(path, rules.noun, (target) => checkFileTarget(target, rules));
}

async function check(
  path: string,
  noun: string,
  checkWhatIsThere: (target: string) => Promise<void>,
): Promise<void> {
  if (path.trim() === "") throw new CoreError("bad-input", { what: `No place was given for the ${noun}.` });
  try {
    const target = await resolveTarget(path);
    await checkWhatIsThere(target);
    await tryPlace(target);
  } catch (error) {
    throw placingError(error, resolve(path), noun);
  }
}
