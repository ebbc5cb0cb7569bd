import { open, readFile, rename, rm } from "node:fs/promises";
import { CoreError } from "../errors.ts";
import { codeOf, diskFull, isDiskFull } from "../files/system-error-node.ts";

/** An error of the file system as people should hear it; any other as it is. */
export function fileError(error: unknown, path: string): unknown {
  if (!isDiskFull(error)) return error;
  const what = "There is no room on the disk for the run's files.";
  const fix = "Free some space (`graft cache prune`, `graft runs delete`), then resume the run.";
  return diskFull({ what, received: path, fix }, error);
}

/** Replaces a file whole: written beside it, synced, renamed. @throws CoreError `disk-full`. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    const handle = await open(temporary, "w");
    try {
      await handle.writeFile(`${JSON.stringify(value, null, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileError(error, path);
  }
}

/** @throws CoreError `corrupt` when it is not JSON, `not-found` when it is not there. */
export async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (codeOf(cause) !== "ENOENT") throw cause;
    throw new CoreError("not-found", { what: `There is no file ${path}.` }, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CoreError("corrupt", { what: `${path} is not JSON.` }, { cause });
  }
}
