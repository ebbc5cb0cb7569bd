import type { FolderNode } from "./folder-tree.ts";

/** What is taken out of a tree: whole folders and single files, by path. */
export interface Pruned {
  readonly folders: ReadonlySet<string>;
  readonly files: ReadonlySet<string>;
}

/** The tree without these; the same nodes where nothing below them changes. */
export function pruneTree(node: FolderNode, pruned: Pruned): FolderNode {
  const kept = node.folders.filter(({ path }) => !pruned.folders.has(path));
  const folders = kept.map((folder) => pruneTree(folder, pruned));
  const files = pruned.files.size === 0 ? node.files : node.files.filter((path) => !pruned.files.has(path));
  const isSame =
    folders.length === node.folders.length &&
    files.length === node.files.length &&
    folders.every((folder, at) => folder === node.folders[at]);
  return isSame ? node : { ...node, folders, files };
}
