import { rename } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { FileRules } from "./folder.ts";
import { makeFolder } from "./make-folder-node.ts";
import { besideTarget, clear, sweepStale } from "./place-folder-node.ts";
import { checkFileTarget, placingError, resolveTarget } from "./place-target-node.ts";
import { syncFolder } from "./sync-folder-node.ts";

export interface PlaceFileOptions extends FileRules {
  /** Writes and syncs a new file of this name. What it throws leaves nothing. */
  readonly fill: (temporary: string) => Promise<void>;
}

/**
 * Makes a file appear whole or not at all: filled under a name beside the target, synced, renamed. Until then a file that is to
 * be replaced stays as it is.
 * @returns the file's absolute path.
 * @throws CoreError `conflict` when something is there (without `force`, or no file), `disk-full`, `bad-input` for a place that
 * cannot be written; what `fill` throws.
 */
export async function placeFile(path: string, options: PlaceFileOptions): Promise<string> {
  let temporary: string | undefined;
  try {
    const target = await resolveTarget(path);
    const beside = besideTarget(target);
    await checkFileTarget(target, options);
    await makeFolder(dirname(target));
    temporary = beside.temporary;
    await options.fill(temporary);
    // filling takes a while: what somebody else put there since is not replaced unasked
    await checkFileTarget(target, options);
    await rename(temporary, target);
    await syncFolder(dirname(target));
    await sweepStale(dirname(target), beside.prefix);
    return target;
  } catch (error) {
    if (temporary !== undefined) await clear(temporary);
    throw placingError(error, resolve(path), options.noun);
  }
}
