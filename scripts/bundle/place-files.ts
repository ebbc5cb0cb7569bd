import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

export interface BundledFile {
  readonly name: string;
  readonly contents: Uint8Array | string;
}

/** Younger ones may be another process's that bundles at the same time. */
const OLD_MS = 600_000;

function isThere(path: string, contents: Uint8Array | string): boolean {
  try {
    return Buffer.from(contents).equals(readFileSync(path));
  } catch {
    return false;
  }
}

function place(path: string, contents: Uint8Array | string): void {
  if (isThere(path, contents)) {
    const now = new Date();
    utimesSync(path, now, now);
  } else {
    writeFileSync(`${path}.${process.pid}`, contents);
    renameSync(`${path}.${process.pid}`, path);
  }
}

/**
 * Puts a bundle's files in place under the feet of programs that run from it and of processes that do the same: each file
 * is whole at all times, and one that is named comes before those that name it.
 * @param files in that order. @param kept names of the bundle before: what runs still loads parts of it.
 */
export function placeFiles(folder: string, files: readonly BundledFile[], kept: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  for (const { name, contents } of files) place(join(folder, name), contents);
  const known = new Set([...files.map(({ name }) => name), ...kept]);
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const found = known.has(name) ? undefined : statSync(path, { throwIfNoEntry: false });
    if (found && Date.now() - found.mtimeMs > OLD_MS) rmSync(path, { force: true });
  }
}
