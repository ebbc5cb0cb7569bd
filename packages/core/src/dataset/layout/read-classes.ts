import { nameFew } from "../../name-few.ts";
import { visibleText } from "../../visible-text.ts";
import type { Part } from "../types.ts";
import { isTime } from "./folder-names.ts";
import { type FolderNode, filesBelow, imageFolders, imagesBelow } from "./folder-tree.ts";
import { type ClassFolder, type Place, type Reading, type View, withNote } from "./reading.ts";
import { layoutError } from "./refuse.ts";
import { repeatingFolders } from "./set-aside-copy.ts";

/** Sub-folders of a folder as classes. */
export function classFolders(root: FolderNode, part?: Part): readonly ClassFolder[] {
  return root.folders.map((folder) => ({
    // NFC, so that names from macOS (which decomposes accents) and others are equal
    label: folder.name.normalize("NFC"),
    ...(part === undefined ? {} : { part }),
    folder,
  }));
}

/** Every file of the class folders with its class. */
export function placeFolders(classes: readonly ClassFolder[]): ReadonlyMap<string, Place> {
  const placed = new Map<string, Place>();
  for (const { folder, label, part } of classes)
    for (const path of filesBelow(folder)) placed.set(path, part === undefined ? { label } : { label, part });
  return placed;
}

/** Names of the folders in a class folder, where all its images lie in them. */
function innerNames(folder: FolderNode): readonly string[] {
  const names = imageFolders(folder).map(({ name }) => name);
  const isAbove = imagesBelow({ ...folder, folders: [] }).length === 0;
  return isAbove && names.length > 1 ? names : [];
}

/**
 * Equal sub-folders: root folders that hold the same folders are parts (or takes, or cameras) more often than classes, and
 * the classes are inside: training_set/cats, test_set/cats. Nothing tells for sure, so a person must say it.
 * @throws CoreError `bad-input`.
 */
function checkEqualFolders(view: View): void {
  const { root, source, tree } = view;
  const folders = imageFolders(root);
  const inner = folders.map((folder) => innerNames(folder).filter((name) => !isTime(name)));
  const [first = []] = inner;
  const shared = first.filter((name) => inner.every((names) => names.includes(name)));
  const all = new Set(inner.flat());
  const areEqual = folders.length > 1 && shared.length > 1 && shared.length >= all.size / 2;
  const repeating = repeatingFolders(root)[0];
  if (!areEqual && repeating === undefined) return;
  const commands = [
    "--labels-from inner-folders   the folder that an image lies in is its class",
    "--labels-from folders         the outer folders are the classes all the same",
  ];
  const what = areEqual
    ? `${nameFew(
        folders.map(({ name }) => name),
        5,
      )} hold the same folders (${nameFew(shared, 5)}), so they seem to be parts of the data set, not classes: call them train, validation and test, or give one of them.`
    : `${visibleText(repeating?.path ?? "")} holds folders that are called as those beside it, with other files: nobody can tell whether they belong together.`;
  throw layoutError(source, `${visibleText(source)}: ${what}`, { tree, commands });
}

/** Classes that hold folders of other names in each: super-classes, perhaps. */
function noteInner(view: View, classes: readonly ClassFolder[]): View {
  const joining = classes.flatMap(({ label, folder }) => {
    const names = innerNames(folder).filter((name) => !isTime(name));
    return names.length > 1 ? [{ label, names }] : [];
  });
  const [first] = joining;
  if (first === undefined || joining.length < classes.length) return view;
  return withNote(
    view,
    "joined-folders",
    `the classes are the outer folders: ${visibleText(first.label)} joins ${nameFew(first.names)}, and so on; for the inner ones: --labels-from inner-folders`,
  );
}

/** Class folders: one folder a class, images at any depth below it. */
export function readClasses(view: View): Reading {
  const isByHand = view.labelsFrom?.type === "folders";
  const isKnown = view.root.folders.some(({ name }) => view.knownLabels.has(name.normalize("NFC")));
  if (!isByHand && !isKnown) checkEqualFolders(view);
  const classes = classFolders(view.root);
  return {
    view: isByHand ? view : noteInner(view, classes),
    placed: placeFolders(classes),
    classFolders: classes,
    parts: [],
  };
}
