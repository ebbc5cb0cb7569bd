import { checkReplaced, checkReplacedFile, fileInPlace } from "./check-replaced.ts";
import type { Folder, FolderEntry, LockedBy, Pieces } from "./folder.ts";
import { folderPath } from "./folder-path.ts";
import { joinPieces } from "./join-pieces.ts";

/** What all views of one tree share, by full path. */
interface Tree {
  readonly files: Map<string, Uint8Array<ArrayBuffer>>;
  /** Those that were made empty; a file makes the ones above it. */
  readonly folders: Set<string>;
  readonly locks: Set<string>;
}

const HOLDER: LockedBy = { holder: "this program" };

async function joined(pieces: Pieces): Promise<Uint8Array<ArrayBuffer>> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return joinPieces(all);
}

/** Room for as much again is made when there is none: a log grows line by line, and is not copied for each. */
function grown(before: Uint8Array<ArrayBuffer>, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = before.length + bytes.length;
  let { buffer } = before;
  if (before.byteOffset !== 0 || buffer.byteLength < length) {
    buffer = new ArrayBuffer(2 * length);
    new Uint8Array(buffer).set(before);
  }
  new Uint8Array(buffer).set(bytes, before.length);
  return new Uint8Array(buffer, 0, length);
}

/**
 * A folder that lives as long as whoever holds it: for tests, a page, and a worker that shares no folder with its parent.
 * @param name what people are shown. @default "memory"
 */
export function memoryFolder(name = "memory"): Folder {
  return view({ files: new Map(), folders: new Set(), locks: new Set() }, name, "");
}

/** @param prefix of all full paths in it: "" or "a/b/". */
function view(tree: Tree, name: string, prefix: string): Folder {
  const full = (path: string): string => prefix + folderPath(path).join("/");
  const nameOf = (path: string): string => `${name}/${folderPath(path).join("/")}`;
  const entriesIn = (folder: string): readonly FolderEntry[] => {
    const kinds = new Map<string, FolderEntry["kind"]>();
    const paths = [...tree.files.keys(), ...[...tree.folders].map((path) => `${path}/`)];
    for (const path of paths.filter((path) => path.startsWith(folder))) {
      const [first = "", ...below] = path.slice(folder.length).split("/");
      if (first !== "") kinds.set(first, below.length > 0 ? "folder" : "file");
    }
    return [...kinds].map(([name, kind]) => ({ name, kind }));
  };
  const isFolder = (path: string): boolean => tree.folders.has(path) || entriesIn(`${path}/`).length > 0;
  const without = (path: string): void => {
    const isIn = (one: string): boolean => one === path || one.startsWith(`${path}/`);
    for (const one of [...tree.files.keys()].filter(isIn)) tree.files.delete(one);
    for (const one of [...tree.folders].filter(isIn)) tree.folders.delete(one);
  };
  return {
    name,
    nameOf,
    folder: (path) => view(tree, nameOf(path), `${full(path)}/`),
    async create(path) {
      const at = full(path);
      if (isFolder(at)) return false;
      tree.folders.add(at);
      return true;
    },
    list: async () => entriesIn(prefix),
    read: async (path) => tree.files.get(full(path))?.slice(),
    size: async (path) => tree.files.get(full(path))?.length,
    readRange: async (path, start, length) => tree.files.get(full(path))?.slice(start, start + length),
    async replace(path, pieces) {
      const at = full(path);
      tree.files.set(at, await joined(pieces));
    },
    async append(path, bytes) {
      const at = full(path);
      tree.files.set(at, grown(tree.files.get(at) ?? new Uint8Array(), bytes));
    },
    remove: async (path) => without(full(path)),
    clear: async () => {
      if (prefix !== "") return without(prefix.slice(0, -1));
      tree.files.clear();
      tree.folders.clear();
    },
    async replaceFolder(path, rules, fill) {
      const at = full(path);
      const name = nameOf(path);
      const check = (): void => {
        if (tree.files.has(at)) throw fileInPlace(name);
        checkReplaced(
          name,
          entriesIn(`${at}/`).map((entry) => entry.name),
          rules,
        );
      };
      check();
      const filled: Tree = { files: new Map(), folders: new Set(), locks: new Set() };
      await fill(view(filled, name, ""));
      check();
      without(at);
      tree.folders.add(at);
      for (const one of filled.folders) tree.folders.add(`${at}/${one}`);
      for (const [one, bytes] of filled.files) tree.files.set(`${at}/${one}`, bytes);
      return name;
    },
    async replaceFile(path, rules, pieces, check) {
      const at = full(path);
      const name = nameOf(path);
      const checkFree = (): void => {
        const kind = isFolder(at) ? "folder" : undefined;
        checkReplacedFile(name, tree.files.has(at) ? "file" : kind, rules);
      };
      checkFree();
      const bytes = await joined(pieces);
      if (check) await check(bytes.slice());
      checkFree();
      tree.files.set(at, bytes);
      return name;
    },
    async lock(path) {
      const at = full(path);
      if (tree.locks.has(at)) return HOLDER;
      tree.locks.add(at);
      let released = false;
      const release = async (): Promise<void> => {
        if (!released) tree.locks.delete(at);
        released = true;
      };
      return { release, [Symbol.asyncDispose]: release };
    },
    lockedBy: async (path) => (tree.locks.has(full(path)) ? HOLDER : undefined),
  };
}
