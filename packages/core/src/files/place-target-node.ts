import { lstat, readdir, realpath, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { CoreError } from "../errors.ts";
import { checkReplaced, checkReplacedFile, fileInPlace } from "./check-replaced.ts";
import type { FileRules, PlaceRules } from "./folder.ts";
import { codeOf, diskFull, isDiskFull } from "./system-error-node.ts";
import { writeRefusal } from "./write-refusal-node.ts";

/** Why a place cannot be used, as the file system says it. */
const REFUSALS = [
  ...["EACCES", "EPERM", "EROFS", "ENOTDIR", "ENAMETOOLONG"],
  // a folder that is a mount point, a link that leads to itself, and folders such as /proc that take no others
  ...["EBUSY", "ELOOP", "ENOENT"],
];

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

/** Absolute, behind the links of a target that is there: not the link is replaced but what it leads to. */
export function resolveTarget(folder: string): Promise<string> {
  const target = resolve(folder);
  // why it leads nowhere is told by whoever opens it
  return realpath(target).catch(() => target);
}

/** Names in a folder; undefined when nothing is there. @throws CoreError `conflict` when it is no folder. */
async function namesIn(folder: string): Promise<string[] | undefined> {
  try {
    return await readdir(folder);
  } catch (cause) {
    const isLink = codeOf(cause) === "ENOENT" && (await isThere(folder));
    if (codeOf(cause) === "ENOENT" && !isLink) return undefined;
    if (codeOf(cause) !== "ENOTDIR" && !isLink) throw cause;
    if (!isLink) throw fileInPlace(folder, cause);
    const what = "There is a link that leads nowhere where the folder should go.";
    throw new CoreError("conflict", { what, received: folder, fix: "Choose another folder." }, { cause });
  }
}

/** @throws CoreError `conflict` for what may not be replaced. */
export async function checkFileTarget(target: string, rules: FileRules): Promise<void> {
  const there = await lstat(target).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  });
  const kind = there?.isFile() ? "file" : there?.isDirectory() ? "folder" : "something";
  checkReplacedFile(target, there && kind, rules);
}

/** A folder appears by a rename, which a file system's own root (a container's volume) refuses. */
async function checkMount(target: string, noun: string): Promise<void> {
  const [inside, outside] = [await stat(target), await stat(dirname(target))];
  if (inside.dev === outside.dev) return;
  throw new CoreError("bad-input", {
    what: `The ${noun} cannot take the place of a mount point.`,
    received: target,
    fix: `Choose a folder inside it, such as ${join(target, noun)}.`,
  });
}

/**
 * @returns whether something is there that is to be replaced.
 * @throws CoreError `conflict` for what may not be replaced, `bad-input` for a mount point.
 */
export async function checkTarget(target: string, { force, known, noun }: PlaceRules): Promise<boolean> {
  const names = await namesIn(target);
  if (names === undefined) return false;
  await checkMount(target, noun);
  checkReplaced(target, names, { force, known, noun });
  return true;
}

/** A file system's refusal as people should hear it; anything else as it is. */
export function placingError(error: unknown, target: string, noun: string): unknown {
  const code = codeOf(error);
  if (error instanceof CoreError) return error;
  if (isDiskFull(error)) {
    const what = `There is no room on the disk for the ${noun}.`;
    return diskFull({ what, received: target, fix: "Free some space and try again." }, error);
  }
  if (code === "EEXIST" || code === "ENOTEMPTY") {
    const what = `Something else put a folder there while the ${noun} was being written.`;
    return new CoreError(
      "conflict",
      { what, received: target, fix: "Choose another folder." },
      { cause: error },
    );
  }
  if (!REFUSALS.includes(code)) return error;
  const what = `The ${noun} cannot be written there.`;
  const fix = "Choose a folder that you may write to.";
  return new CoreError("bad-input", { what, received: writeRefusal(target, error), fix }, { cause: error });
}
