import { partOf } from "./folder-names.ts";
import { imageFolders } from "./folder-tree.ts";
import { innerNames } from "./inner-names.ts";
import { placeFolders } from "./read-classes.ts";
import { type ClassFolder, type Reading, type View, withNote } from "./reading.ts";

/** Parts inside of each class: cat/train, cat/test, dog/train, dog/test. */
export function readInnerParts(view: View): Reading | undefined {
  const classes = imageFolders(view.root);
  const parts = classes.map((folder) =>
    imageFolders(folder).map((inner) => ({ folder: inner, part: partOf(inner.name) })),
  );
  const kinds = new Set(parts.flat().map(({ part }) => part));
  const areParts = parts.every(
    (inner, at) => inner.length > 1 && innerNames(classes[at] ?? view.root).length > 1,
  );
  if (classes.length < 2 || !areParts || kinds.has(undefined) || !kinds.has("train") || kinds.size < 2)
    return undefined;
  const folders: readonly ClassFolder[] = classes.flatMap(({ name }, at) =>
    (parts[at] ?? []).flatMap(({ folder, part }) =>
      part ? [{ label: name.normalize("NFC"), part, folder }] : [],
    ),
  );
  const noted = withNote(
    view,
    "parts",
    `${[...kinds].join(", ")} inside each class are read as parts of the data set`,
  );
  return {
    view: noted,
    placed: placeFolders(folders),
    classFolders: folders,
    parts: parts.flat().map(({ folder }) => folder),
  };
}
