import type { Dirent, Stats } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { byCodeUnit } from "../by-code-unit.ts";
import { throwIfCancelled } from "../errors.ts";
import { machineCode } from "../files/one-file-error.ts";
import { readFailure } from "../files/read-failure-node.ts";
import { codeOf } from "../files/system-error-node.ts";
import { entryName } from "./entry-name-node.ts";
import { junkReason, OWN_HOME } from "./junk.ts";
import type { ListedFile, Listing } from "./listing.ts";
import type { BrokenFile, SkippedFile } from "./types.ts";

/** What Node says of a failed file operation, without the path that messages name themselves. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return `cannot be read (${text.replace(/, \w+( '.*')?$/s, "")})`;
}

/** The whole reason of a file, folder or link that the system does not open, with what to do. */
export function unreadable(kind: "file" | "folder" | "link", error: unknown): string {
  return `The ${kind} ${reasonOf(error)}. Make it readable, or move it elsewhere.`;
}

const NOT_UTF8 = "The name is not UTF-8: its bytes are shown as \\x… Rename it.";

class Walk {
  readonly files: ListedFile[] = [];
  readonly folders: string[] = [];
  readonly skipped: SkippedFile[] = [];
  readonly broken: BrokenFile[] = [];
  readonly closed: BrokenFile[] = [];
  /** Real paths of folders that a link led into: each is entered once, so that loops end. */
  private readonly linked = new Set<string>();
  private readonly root: string;
  private readonly signal: AbortSignal | undefined;
  private readonly home: string | undefined;

  constructor(root: string, { signal, home }: { signal: AbortSignal | undefined; home: string | undefined }) {
    this.root = root;
    this.signal = signal;
    this.home = home;
  }

  async folder(location: string, path: string): Promise<void> {
    throwIfCancelled(this.signal);
    if (location === this.home && path !== "") {
      this.skipped.push({ path, reason: OWN_HOME });
      return;
    }
    let entries: Dirent<Buffer>[];
    try {
      entries = await readdir(location, { withFileTypes: true, encoding: "buffer" });
    } catch (error) {
      if (machineCode(error) !== undefined) throw readFailure(location, error);
      if (path === "") throw error;
      this.closed.push({ path, code: "bad-input", reason: unreadable("folder", error) });
      return;
    }
    const named = entries.map((entry) => ({ entry, name: entryName(entry.name) }));
    const shown = named.map((each) => ({
      ...each,
      path: each.name.type === "text" ? each.name.name : each.name.shown,
    }));
    for (const { entry, name, path: below } of shown.sort((a, b) => byCodeUnit(a.path, b.path))) {
      const inside = path === "" ? below : `${path}/${below}`;
      const junk = junkReason(below);
      if (junk !== undefined) this.skipped.push({ path: inside, reason: junk });
      else if (name.type === "bytes") this.nameless(entry, inside);
      else await this.entry(entry, join(location, name.name), inside);
    }
  }

  /** No path that Node takes as text leads to it. */
  private nameless(entry: Dirent<Buffer>, path: string): void {
    const report = { path, code: "bad-input", reason: NOT_UTF8 };
    if (!entry.isDirectory()) this.broken.push(report);
    else {
      this.folders.push(path);
      this.closed.push(report);
    }
  }

  private async entry(entry: Dirent<Buffer>, location: string, path: string): Promise<void> {
    if (entry.isFile()) this.files.push({ path, location });
    else if (entry.isDirectory()) {
      if (location !== this.home) this.folders.push(path);
      await this.folder(location, path);
    } else if (entry.isSymbolicLink()) await this.link(location, path);
    else this.skipped.push({ path, reason: "neither a file nor a folder" });
  }

  private async link(location: string, path: string): Promise<void> {
    const skip = (reason: string): void => {
      this.skipped.push({ path, reason });
    };
    let target: string;
    let facts: Stats;
    try {
      const name = entryName(await realpath(location, { encoding: "buffer" }));
      if (name.type === "bytes") return skip(`a link to a name that is not UTF-8 (${name.shown})`);
      target = name.name;
      const way = relative(this.root, target);
      if (way === ".." || way.startsWith(`..${sep}`) || join(this.root, way) !== target)
        return skip("a link that leads out of the folder");
      facts = await stat(target);
    } catch (error) {
      const code = codeOf(error);
      if (code === "ELOOP") return skip("a link that leads to itself");
      if (code === "ENOENT" || code === "ENOTDIR") return skip("a link that leads nowhere");
      if (machineCode(error) !== undefined) throw readFailure(location, error);
      this.broken.push({ path, code: "bad-input", reason: unreadable("link", error) });
      return;
    }
    if (facts.isFile()) this.files.push({ path, location: target });
    else if (!facts.isDirectory()) skip("a link to neither a file nor a folder");
    else if (location.startsWith(target === this.root ? target : target + sep) || this.linked.has(target))
      skip("a link to a folder that graft has already read");
    else {
      this.linked.add(target);
      this.folders.push(path);
      await this.folder(target, path);
    }
  }
}

/**
 * Everything in a folder, sorted by code unit in each folder. Links inside the folder are followed, those that leave it
 * are skipped. A folder that cannot be read, or whose name is no text, is reported as closed, such a file as broken.
 * @param options.home a folder inside that is graft's own, and passed over. @default none
 * @throws the system's error when `root` itself cannot be read; CoreError `unreadable` for trouble of the machine with
 * anything in it.
 */
export async function walkFolder(
  root: string,
  { signal, home }: { readonly signal?: AbortSignal | undefined; readonly home?: string | undefined } = {},
): Promise<Listing> {
  const real = await realpath(root);
  // a home that is not there yet lies nowhere
  const realHome = home === undefined ? undefined : await realpath(home).catch(() => undefined);
  const walk = new Walk(real, { signal, home: realHome });
  await walk.folder(real, "");
  const { files, folders, skipped, broken, closed } = walk;
  return { files, passed: [], folders, skipped, broken, closed };
}
