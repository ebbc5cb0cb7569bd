import { byCodeUnit } from "../by-code-unit.ts";
import { ARCHIVE_LIMITS, checkArchiveSizes } from "./archive-limits.ts";
import { junkReason } from "./junk.ts";
import type { SkippedFile } from "./types.ts";

/** Why the bytes of a file are kept: it is, or should be, an image; it may be read as a folder; it may say the labels. */
export type KeptContent = "image" | "archive" | "table";

/** What an archive has at a path, folders aside. */
export type ArchiveLeaf =
  /** `file`: the number under which its bytes are kept. */
  | { readonly type: "file"; readonly file: string; readonly bytes: number; readonly content: KeptContent }
  /** No image, so that its bytes were not kept. */
  | { readonly type: "passed"; readonly reason: string }
  | { readonly type: "symlink"; readonly target: string }
  | { readonly type: "other"; readonly reason: string };

export interface ArchivedFile {
  readonly path: string;
  readonly file: string;
  readonly bytes: number;
  readonly content: KeptContent;
}

/** What a folder would show if the archive were unpacked into it. Two files may have the same bytes, by a link. */
export interface ArchiveContents {
  readonly files: readonly ArchivedFile[];
  readonly passed: readonly SkippedFile[];
  readonly folders: readonly string[];
  readonly skipped: readonly SkippedFile[];
}

type Resolved =
  | { readonly type: "leaf"; readonly leaf: ArchiveLeaf }
  | { readonly type: "folder"; readonly path: string }
  | { readonly type: "no"; readonly reason: string };

/** As Linux allows on one way. */
const MOST_LINKS = 40;

const inside = (folder: string, name: string): string => (folder === "" ? name : `${folder}/${name}`);
const no = (reason: string): Resolved => ({ type: "no", reason });

const LEADS_OUT = "a link that leads out of the archive";

/**
 * The entries of an archive as the tree that unpacking would make, so that links mean what they mean in a folder (see
 * `walkFolder`): one to a file or folder inside is followed, all others are skipped with a reason. No link ever touches
 * the disk.
 */
export class ArchiveTree {
  readonly #leaves = new Map<string, ArchiveLeaf>();
  readonly #folders = new Set<string>();
  readonly #times = new Map<string, number>();
  /** Hard links to what had not come yet. */
  readonly #early = new Map<string, string>();

  addFolder(path: string): void {
    if (path !== "") this.#folders.add(path);
  }

  /** As unpacking programs do: of two entries with one name the later is meant. */
  add(path: string, leaf: ArchiveLeaf): void {
    if (path === "") return;
    if (this.#leaves.has(path)) this.#times.set(path, (this.#times.get(path) ?? 1) + 1);
    this.#early.delete(path);
    this.#leaves.set(path, leaf);
  }

  /** A second name of what `target` names now (a later entry of that name is another file). */
  addHardLink(path: string, target: string): void {
    const leaf = this.#early.has(target) ? undefined : this.#leaves.get(target);
    this.add(path, leaf ?? { type: "other", reason: "a link to a file that is not in the archive" });
    if (leaf === undefined) this.#early.set(path, target);
  }

  /** @throws CoreError `limit` when links make more files of it than an archive may hold. */
  contents(): ArchiveContents {
    this.#linkEarly();
    const walk = new TreeWalk(this.#leaves, this.#withParents());
    walk.folder("", "");
    const twice = [...this.#times].map(([path, times]) => ({
      path,
      reason:
        times === 2
          ? "the archive holds it twice; graft uses the later one"
          : `the archive holds it ${times} times; graft uses the last one`,
    }));
    const { files, passed, folders, skipped } = walk;
    return { files, passed, folders, skipped: [...skipped, ...twice.filter(({ path }) => !isJunk(path))] };
  }

  /** No program packs a link before its file, but then nothing else can be meant. */
  #linkEarly(): void {
    for (let isNew = true; isNew; ) {
      isNew = false;
      for (const [path, target] of this.#early) {
        const leaf = this.#early.has(target) ? undefined : this.#leaves.get(target);
        if (leaf === undefined) continue;
        this.#leaves.set(path, leaf);
        this.#early.delete(path);
        isNew = true;
      }
    }
  }

  /** Many archives name files alone: their folders follow from them. */
  #withParents(): ReadonlySet<string> {
    const folders = new Set(this.#folders);
    for (const path of [...this.#leaves.keys(), ...this.#folders])
      for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
        const parent = path.slice(0, end);
        // its own parents are there already, or come in their turn
        if (folders.has(parent)) break;
        folders.add(parent);
      }
    return folders;
  }
}

const isJunk = (path: string): boolean => path.split("/").some((name) => junkReason(name) !== undefined);

class TreeWalk {
  readonly files: ArchivedFile[] = [];
  readonly passed: SkippedFile[] = [];
  readonly folders: string[] = [];
  readonly skipped: SkippedFile[] = [];
  readonly #leaves: ReadonlyMap<string, ArchiveLeaf>;
  readonly #folders: ReadonlySet<string>;
  readonly #children = new Map<string, Set<string>>();
  /** Folders that a link led into: each is entered once, so that loops end. */
  readonly #linked = new Set<string>();
  /** What was listed behind links to folders: one file may be shown many times. */
  #behindLinks = 0;

  constructor(leaves: ReadonlyMap<string, ArchiveLeaf>, folders: ReadonlySet<string>) {
    this.#leaves = leaves;
    this.#folders = folders;
    for (const path of [...leaves.keys(), ...folders]) {
      const end = path.lastIndexOf("/");
      const parent = path.slice(0, Math.max(end, 0));
      const names = this.#children.get(parent) ?? new Set();
      names.add(path.slice(end + 1));
      this.#children.set(parent, names);
    }
  }

  /** Lists the folder at `path` under the name `shown`: they differ behind a link. */
  folder(path: string, shown: string): void {
    for (const name of [...(this.#children.get(path) ?? [])].sort(byCodeUnit)) {
      if (path !== shown)
        checkArchiveSizes({ entries: ++this.#behindLinks, largestBytes: 0, totalBytes: 0 }, 0);
      const below = inside(path, name);
      const shownBelow = inside(shown, name);
      const reason =
        junkReason(name) ??
        (shownBelow.length > ARCHIVE_LIMITS.nameLength ? "a name that is too long" : undefined);
      if (reason !== undefined) {
        this.skipped.push({ path: shownBelow, reason });
        continue;
      }
      const leaf = this.#leaves.get(below);
      const isFolder = this.#folders.has(below);
      if (leaf?.type === "symlink" && !isFolder) this.#link(below, shownBelow, leaf.target);
      else if (leaf !== undefined) this.#leaf(leaf, shownBelow);
      if (isFolder) this.#enter(below, shownBelow);
    }
  }

  #enter(path: string, shown: string): void {
    this.folders.push(shown);
    this.folder(path, shown);
  }

  #leaf(leaf: ArchiveLeaf, path: string): void {
    if (leaf.type === "file")
      this.files.push({ path, file: leaf.file, bytes: leaf.bytes, content: leaf.content });
    else if (leaf.type === "passed") this.passed.push({ path, reason: leaf.reason });
    else
      this.skipped.push({
        path,
        reason: leaf.type === "symlink" ? "a link in place of a folder" : leaf.reason,
      });
  }

  #link(path: string, shown: string, target: string): void {
    const found = this.#resolve(path, target);
    if (found.type === "no") this.skipped.push({ path: shown, reason: found.reason });
    else if (found.type === "leaf") this.#leaf(found.leaf, shown);
    else if (found.path === "" || path.startsWith(`${found.path}/`) || this.#linked.has(found.path))
      this.skipped.push({ path: shown, reason: "a link to a folder that graft has already read" });
    else {
      this.#linked.add(found.path);
      this.#enter(found.path, shown);
    }
  }

  #resolve(link: string, target: string): Resolved {
    const at = link.split("/").slice(0, -1);
    const left = target.split("/").reverse();
    if (isAbsolute(target)) return no(LEADS_OUT);
    let links = 0;
    while (left.length > 0) {
      const name = left.pop() ?? "";
      if (name === "" || name === ".") continue;
      if (name === "..") {
        if (at.pop() === undefined) return no(LEADS_OUT);
        continue;
      }
      const path = inside(at.join("/"), name);
      const leaf = this.#leaves.get(path);
      if (this.#folders.has(path)) at.push(name);
      else if (leaf?.type === "symlink") {
        if (++links > MOST_LINKS) return no("a link that leads to itself");
        if (isAbsolute(leaf.target)) return no(LEADS_OUT);
        left.push(...leaf.target.split("/").reverse());
      } else if (leaf !== undefined && left.every((rest) => rest === "")) return { type: "leaf", leaf };
      else return no("a link that leads nowhere");
    }
    return { type: "folder", path: at.join("/") };
  }
}

const isAbsolute = (target: string): boolean => /^([/\\]|[a-z]:)/i.test(target);
