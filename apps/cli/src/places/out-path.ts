/** A file at `--out` (or what `flag` says): looked at before any work is done for it, and there whole or not at all. */
import { constants } from "node:fs";
import { access, type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { CoreError } from "@graft/core";
import { writeRefusal } from "@graft/core/node";

/** The name that a file has until it is whole. */
const partOf = (path: string): string => `${path}.part`;

/**
 * Tries whether a file can be written at `--out`; leaves nothing behind.
 * @throws CoreError `conflict` for a folder, or for a file that `--force` does not allow to replace; `bad-input`,
 * `disk-full` for a place that cannot be written.
 */
export async function checkOutFile(path: string, force: boolean, flag = "--out"): Promise<void> {
  const isFolder = await stat(path).then(
    (facts) => facts.isDirectory(),
    () => undefined,
  );
  if (isFolder) {
    throw new CoreError("conflict", {
      what: `There is a folder at ${flag}, where a file should go.`,
      received: path,
      fix: "Choose another path.",
    });
  }
  if (isFolder === false && !force) {
    throw new CoreError("conflict", {
      what: `There is already something at ${flag}.`,
      received: path,
      expected: "a path that does not exist yet",
      fix: "Choose another path, or add --force to replace it.",
    });
  }
  try {
    const file = await open(partOf(path), "wx");
    await file.close();
    await rm(partOf(path));
  } catch (error) {
    // what a killed process left is written over
    if (codeOf(error) === "EEXIST") await access(partOf(path), constants.W_OK);
    else throw writingError(error, path, flag);
  }
}

/**
 * Holds an input back from being written over, which `--force` does not mean.
 * @throws CoreError `conflict` when both names are of one file.
 */
export async function checkNotInput(path: string, input: string): Promise<void> {
  const [written, read] = await Promise.all(
    [path, input].map((name) => stat(name, { bigint: true }).catch(() => undefined)),
  );
  if (!written || !read || written.dev !== read.dev || written.ino !== read.ino) return;
  throw new CoreError("conflict", {
    what: "--out names the same file that graft reads.",
    received: path,
    fix: "Choose another path.",
  });
}

/**
 * Writes a file piece by piece; it appears whole or not at all.
 * @throws CoreError `disk-full`, `bad-input` for a place that cannot be written.
 */
export async function placeFile(
  path: string,
  fill: (file: FileHandle) => Promise<void>,
  flag = "--out",
): Promise<void> {
  try {
    await using file = await open(partOf(path), "w");
    await fill(file);
    await file.sync();
    await rename(partOf(path), path);
  } catch (error) {
    await rm(partOf(path), { force: true });
    throw writingError(error, path, flag);
  }
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && "code" in error ? error.code : undefined;

function writingError(error: unknown, path: string, flag: string): unknown {
  const code = codeOf(error);
  if (code === undefined || error instanceof CoreError) return error;
  const isFull = code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG";
  const what = isFull
    ? `There is no room on the disk for the file at ${flag}.`
    : `The file at ${flag} cannot be written.`;
  const fix = isFull
    ? "Free some space and try again."
    : "Choose a folder that exists and that you may write to.";
  return new CoreError(
    isFull ? "disk-full" : "bad-input",
    { what, received: writeRefusal(path, error), fix },
    { cause: error },
  );
}
