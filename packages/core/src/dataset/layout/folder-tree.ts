import { byCodeUnit } from "../../by-code-unit.ts";
import { isNamedLikeDocument } from "../junk.ts";
import type { Listing } from "../listing.ts";

/** A folder of a listing, with what lies in it. */
export interface FolderNode {
  readonly name: string;
  readonly path: string;
  readonly folders: readonly FolderNode[];
  /** Paths of the files directly in it. */
  readonly files: readonly string[];
}

interface OpenNode {
  readonly folders: Map<string, OpenNode>;
  readonly files: string[];
}

function close(node: OpenNode, name: string, path: string): FolderNode {
  const folders = [...node.folders]
    .sort(([a], [b]) => byCodeUnit(a, b))
    .map(([child, inner]) => close(inner, child, path === "" ? child : `${path}/${child}`));
  return { name, path, folders, files: node.files.sort(byCodeUnit) };
}

/** The listing as a tree, children sorted by code unit. */
export function folderTree({
  files,
  folders,
}: Pick<Listing, "folders"> & { readonly files: readonly { readonly path: string }[] }): FolderNode {
  const root: OpenNode = { folders: new Map(), files: [] };
  const folderAt = (names: readonly string[]): OpenNode => {
    let at = root;
    for (const name of names) {
      const next = at.folders.get(name) ?? { folders: new Map(), files: [] };
      at.folders.set(name, next);
      at = next;
    }
    return at;
  };
  for (const path of folders) folderAt(path.split("/"));
  for (const { path } of files) folderAt(path.split("/").slice(0, -1)).files.push(path);
  return close(root, "", "");
}

/** All files of a folder and its folders. */
export function filesBelow(node: FolderNode): readonly string[] {
  return [...node.files, ...node.folders.flatMap(filesBelow)];
}

/** Files of a folder and its folders whose names promise nothing else than an image. */
export function imagesBelow(node: FolderNode): readonly string[] {
  return filesBelow(node).filter((path) => !isNamedLikeDocument(path));
}

/** A folder with files and none that could be an image (docs, annotations). */
export function isBeside(folder: FolderNode): boolean {
  const files = filesBelow(folder);
  return files.length > 0 && files.every(isNamedLikeDocument);
}

/** The folders in which images may lie, empty ones too. */
export const imageFolders = (folder: FolderNode): readonly FolderNode[] =>
  folder.folders.filter((inner) => !isBeside(inner));

export const holdsFolders = (folder: FolderNode): boolean => imageFolders(folder).length > 0;

export const isBelow = (path: string, folder: FolderNode): boolean => path.startsWith(`${folder.path}/`);
