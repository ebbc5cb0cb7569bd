import { partOf } from "./folder-names.ts";
import { type FolderNode, holdsFolders, imageFolders } from "./folder-tree.ts";
import type { View } from "./reading.ts";
import { setAsideCopy } from "./set-aside-copy.ts";
import { setAsideMasks } from "./set-aside-masks.ts";

/**
 * Passes through folders that only wrap the next one: the name of an archive, "dataset", "images".
 * @param labels names that are classes: such a folder wraps nothing. Nor does a part, but inside a part.
 */
function unwrap(root: FolderNode, labels: ReadonlySet<string>, isInPart: boolean): FolderNode {
  const [only, ...others] = imageFolders(root);
  if (only === undefined || others.length > 0 || labels.has(only.name.normalize("NFC"))) return root;
  const mayWrap = isInPart || partOf(only.name) === undefined;
  return holdsFolders(only) && mayWrap ? unwrap(only, labels, isInPart) : root;
}

/** The view without wrapping folders, masks and nested copies. @param isInPart the root is a train or test folder. */
export function settle(view: View, isInPart = false): View {
  let before = view;
  let after = setAsideMasks(view);
  for (;;) {
    after = setAsideCopy({ ...after, root: unwrap(after.root, after.knownLabels, isInPart) });
    if (after.root === before.root) return after;
    before = after;
  }
}
