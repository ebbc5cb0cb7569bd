import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { throwIfCancelled } from "../errors.ts";
import { codeOf } from "../files/system-error-node.ts";
import { junkReason } from "./junk.ts";
import { byCodeUnit, type ListedFile, type Listing } from "./listing.ts";
import type { BrokenFile, SkippedFile } from "./types.ts";

/** What Node says of a failed file operation, without the path that messages name themselves. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return `can not be read (${text.replace(/, \w+( '.*')?$/s, "")})`;
}

class Walk {
  readonly files: ListedFile[] = [];
  readonly folders: string[] = [];
  readonly skipped: SkippedFile[] = [];
  readonly broken: BrokenFile[] = [];
  /** Real paths of folders that a link led into: each is entered once, so that loops end. */
  private readonly linked = new Set<string>();
  private readonly root: string;
  private readonly signal: AbortSignal | undefined;

  constructor(root: string, signal: AbortSignal | undefined) {
    this.root = root;
    this.signal = signal;
  }

  async folder(location: string, path: string): Promise<void> {
    throwIfCancelled(this.signal);
    let entries: Dirent[];
    try {
      entries = await readdir(location, { withFileTypes: true });
    } catch (error) {
      if (path === "") throw error;
      this.broken.push({ path, code: "bad-input", reason: `The folder ${reasonOf(error)}.` });
      return;
    }
    for (const entry of entries.sort((a, b) => byCodeUnit(a.name, b.name)))
      await this.entry(entry, join(location, entry.name), path === "" ? entry.name : `${path}/${entry.name}`);
  }

  private async entry(entry: Dirent, location: string, path: string): Promise<void> {
    const junk = junkReason(entry.name);
    if (junk !== undefined) this.skipped.push({ path, reason: junk });
    else if (entry.isFile()) this.files.push({ path, location });
    else if (entry.isDirectory()) {
      this.folders.push(path);
      await this.folder(location, path);
    } else if (entry.isSymbolicLink()) await this.link(location, path);
    else this.skipped.push({ path, reason: "neither a file nor a folder" });
  }

  private async link(location: string, path: string): Promise<void> {
    const skip = (reason: string): void => {
      this.skipped.push({ path, reason });
    };
    let target: string;
    try {
      target = await realpath(location);
    } catch (error) {
      const isLoop = codeOf(error) === "ELOOP";
      return skip(isLoop ? "a link that leads to itself" : "a link that leads nowhere");
    }
    const way = relative(this.root, target);
    if (way === ".." || way.startsWith(`..${sep}`) || join(this.root, way) !== target)
      return skip("a link that leads out of the data set");
    const facts = await stat(target);
    if (facts.isFile()) this.files.push({ path, location: target });
    else if (!facts.isDirectory()) skip("a link to neither a file nor a folder");
    else if (location.startsWith(target === this.root ? target : target + sep) || this.linked.has(target))
      skip("a link to a folder that is already read");
    else {
      this.linked.add(target);
      this.folders.push(path);
      await this.folder(target, path);
    }
  }
}

/**
 * Everything in a folder, sorted by code unit in each folder. Links inside the folder are followed, those that leave it
 * are skipped. A folder that can not be read is reported as broken.
 * @throws the system's error when `root` itself can not be read.
 */
export async function walkFolder(root: string, signal?: AbortSignal): Promise<Listing> {
  const real = await realpath(root);
  const walk = new Walk(real, signal);
  await walk.folder(real, "");
  const { files, folders, skipped, broken } = walk;
  return { files, folders, skipped, broken };
}
