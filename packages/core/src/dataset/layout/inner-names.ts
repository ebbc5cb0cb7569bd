import { type FolderNode, imageFolders, imagesBelow } from "./folder-tree.ts";

/** The folder below which a class folder's images are sorted, past folders that only wrap the next. */
function sortedFolder(folder: FolderNode): FolderNode {
  const [only, ...others] = imageFolders(folder);
  const isAbove = imagesBelow({ ...folder, folders: [] }).length === 0;
  return only !== undefined && others.length === 0 && isAbove && imageFolders(only).length > 0
    ? sortedFolder(only)
    : folder;
}

/** Names of the folders in a class folder, where all its images lie in them. */
export function innerNames(folder: FolderNode): readonly string[] {
  const sorted = sortedFolder(folder);
  const names = imageFolders(sorted).map(({ name }) => name);
  return imagesBelow({ ...sorted, folders: [] }).length === 0 ? names : [];
}
