import { mkdir, rmdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { CoreError } from "../errors.ts";
import { codeOf } from "../files/system-error-node.ts";
import { besideTarget } from "./place-folder-node.ts";
import { checkTarget, type PlaceRules, placingError, resolveTarget } from "./place-target-node.ts";

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

/**
 * Looks whether a folder may be placed there, before the work that fills it; leaves nothing behind.
 *
 * Permissions alone do not tell (a read-only disk, a quota, /proc, a name that is too long), so a folder is made and taken
 * away again, under the longest name that placing will use, in the nearest folder that exists.
 * @throws CoreError as `placeFolder`, as far as that can be known now.
 */
export async function checkPlace(folder: string, rules: PlaceRules): Promise<void> {
  if (folder.trim() === "")
    throw new CoreError("bad-input", { what: `No folder was given for the ${rules.noun}.` });
  try {
    const target = await resolveTarget(folder);
    await checkTarget(target, rules);
    const trial = join(await existingAbove(target), basename(besideTarget(target).replaced));
    await mkdir(trial);
    await rmdir(trial);
  } catch (error) {
    throw placingError(error, resolve(folder), rules.noun);
  }
}
