import { readFile } from "node:fs/promises";
import { CoreError } from "../errors.ts";
import { codeOf, diskFull, isDiskFull } from "./system-error-node.ts";
import { writeWhole } from "./write-whole-node.ts";

/** An error of the file system as people should hear it; any other as it is. */
export function fileError(error: unknown, path: string): unknown {
  if (!isDiskFull(error)) return error;
  const what = "There is no room on the disk for the run's files.";
  const fix = "Free some space (`graft cache prune`, `graft runs delete`), then resume the run.";
  return diskFull({ what, received: path, fix }, error);
}

/** Replaces a file whole. @throws CoreError `disk-full`. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  try {
    await writeWhole(path, `${JSON.stringify(value, null, 2)}\n`);
  } catch (error) {
    throw fileError(error, path);
  }
}

/** @throws CoreError `corrupt` when it is not there or no JSON. */
export async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (codeOf(cause) !== "ENOENT") throw cause;
    const fix = "Nothing goes on from a run without it: `graft runs delete` removes what is left.";
    throw new CoreError("corrupt", { what: `${path} is missing.`, fix }, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CoreError("corrupt", { what: `${path} is not JSON.` }, { cause });
  }
}
