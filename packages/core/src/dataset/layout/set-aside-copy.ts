import { nameFew } from "../../name-few.ts";
import { visibleText } from "../../visible-text.ts";
import { counted } from "../count-words.ts";
import { type FolderNode, filesBelow, imageFolders } from "./folder-tree.ts";
import { pruneTree } from "./prune-tree.ts";
import { type View, withNote, withSkipped } from "./reading.ts";

/** Share of the copy's files that lie outside of it, too. */
const MOST = 0.9;

/** Folders of `root` that hold two folders and more, all called as folders beside them. */
export function repeatingFolders(root: FolderNode): readonly FolderNode[] {
  const folders = imageFolders(root);
  const names = new Set(folders.map(({ name }) => name));
  return folders.filter((inner) => {
    const inside = imageFolders(inner).map(({ name }) => name);
    return inside.length > 1 && inside.every((name) => name !== inner.name && names.has(name));
  });
}

/** Files of a folder by their way below it. */
const waysBelow = (folder: FolderNode): readonly string[] => {
  const start = folder.path === "" ? 0 : folder.path.length + 1;
  return filesBelow(folder).map((path) => path.slice(start));
};

/**
 * A nested copy: beside cats and dogs lies a folder that holds cats and dogs again, with the same files (a set that was
 * packed twice). The copy is left out, and that is said. With other files in it, it is no copy: `equalFolders` asks.
 */
export function setAsideCopy(view: View): View {
  const { root } = view;
  for (const inner of repeatingFolders(root)) {
    const here = new Set(waysBelow({ ...root, folders: root.folders.filter((folder) => folder !== inner) }));
    const there = waysBelow(inner);
    if (there.length === 0 || there.filter((way) => here.has(way)).length < MOST * there.length) continue;
    const names = nameFew(imageFolders(inner).map(({ name }) => name));
    const copied = filesBelow(inner);
    const rest = pruneTree(root, { folders: new Set([inner.path]), files: new Set() });
    return withNote(
      withSkipped({ ...view, root: rest }, copied, "a copy of what lies beside it"),
      "nested-copy",
      `${visibleText(inner.path)} holds the same folders and files again (${names}): the copy is left out, ${counted(copied.length, "file")}`,
    );
  }
  return view;
}
