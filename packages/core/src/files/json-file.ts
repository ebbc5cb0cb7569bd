import { CoreError } from "../errors.ts";
import type { Folder } from "./folder.ts";

/** A folder's `disk-full` as one of a run's files; any other error as it is. */
export function runFileError(error: unknown, path: string): unknown {
  if (!(error instanceof CoreError) || error.code !== "disk-full") return error;
  const what = "There is no room on the disk for the run's files.";
  const fix = "Free some space (`graft cache prune`, `graft runs delete`), then resume the run.";
  return new CoreError("disk-full", { what, received: path, fix }, { cause: error });
}

/** Replaces a file whole. @throws CoreError `disk-full`. */
export async function writeJson(folder: Folder, path: string, value: unknown): Promise<void> {
  try {
    await folder.replace(path, [new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)]);
  } catch (error) {
    throw runFileError(error, folder.nameOf(path));
  }
}

/** @throws CoreError `corrupt` when it is not there or no JSON. */
export async function readJson(folder: Folder, path: string): Promise<unknown> {
  const bytes = await folder.read(path);
  if (!bytes) {
    const fix = "The run cannot be resumed without it: `graft runs delete` removes what is left.";
    throw new CoreError("corrupt", { what: `${folder.nameOf(path)} is missing.`, fix });
  }
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new CoreError("corrupt", { what: `${folder.nameOf(path)} is not JSON.` }, { cause });
  }
}
