import { nameFew } from "../../name-few.ts";
import { visibleText } from "../../visible-text.ts";
import { isNamedLikeDocument } from "../junk.ts";
import type { Part } from "../types.ts";
import { isContainer, isTime, partOf } from "./folder-names.ts";
import { type FolderNode, filesBelow, imageFolders, imagesBelow, isBeside } from "./folder-tree.ts";
import { matchTables } from "./read-tables.ts";
import { type ClassFolder, type Place, type Reading, type View, withNote } from "./reading.ts";
import { labelsFromCommands, layoutError } from "./refuse.ts";
import { repeatingFolders } from "./set-aside-copy.ts";

/** Sub-folders of a folder as classes. */
export function classFolders(root: FolderNode, part?: Part): readonly ClassFolder[] {
  return root.folders
    .filter((folder) => !isBeside(folder))
    .map((folder) => ({
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

/** The folder below which a class folder's images are sorted, past folders that only wrap the next. */
function sortedFolder(folder: FolderNode): FolderNode {
  const [only, ...others] = imageFolders(folder);
  const isAbove = imagesBelow({ ...folder, folders: [] }).length === 0;
  return only !== undefined && others.length === 0 && isAbove && imageFolders(only).length > 0
    ? sortedFolder(only)
    : folder;
}

/** Names of the folders in a class folder, where all its images lie in them. */
function innerNames(folder: FolderNode): readonly string[] {
  const sorted = sortedFolder(folder);
  const names = imageFolders(sorted).map(({ name }) => name);
  return imagesBelow({ ...sorted, folders: [] }).length === 0 ? names : [];
}

/** cat/train, cat/test, dog/train …: the parts lie inside of the classes. */
function readInnerParts(view: View): Reading | undefined {
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
    `${[...kinds].join(", ")} inside of each class are read as parts of the data set`,
  );
  return {
    view: noted,
    placed: placeFolders(folders),
    classFolders: folders,
    parts: parts.flat().map(({ folder }) => folder),
  };
}

/**
 * Equal sub-folders: root folders that hold the same folders are parts (or takes, or cameras) more often than classes, and
 * the classes are inside: training_set/cats, test_set/cats. Nothing tells for sure, so a person must say it.
 * @throws CoreError `bad-input`.
 */
function checkEqualFolders(view: View): void {
  const { root, source, tree } = view;
  const folders = imageFolders(root);
  const inner = folders.map((folder) => {
    const names = innerNames(folder).filter((name) => !isTime(name));
    return names.length > 1 ? names : [];
  });
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

/** Classes that hold folders of other names in each: super-classes, perhaps, or a folder of the class's own name. */
function noteInner(view: View, classes: readonly ClassFolder[]): View {
  const inner = classes.map(({ label, folder }) => ({
    label,
    names: innerNames(folder).filter((name) => !isTime(name) && !isContainer(name) && name !== label),
  }));
  const [first] = inner;
  const areAll = inner.every(({ names }) => names.length > 0);
  const different = new Set(inner.flatMap(({ names }) => names)).size;
  if (first === undefined || !areAll || classes.length < 2 || different < 2) return view;
  const holds = first.names.length === 1 ? "holds" : "joins";
  return withNote(
    view,
    "joined-folders",
    `the classes are the outer folders: ${visibleText(first.label)} ${holds} ${nameFew(first.names)}, and so on; for the inner ones: --labels-from inner-folders`,
  );
}

/** What a table says against the folders: true where its labels go with them one to one. */
function goesWith(labels: ReadonlyMap<string, string>, placed: ReadonlyMap<string, Place>): boolean {
  const pairs = new Map<string, Map<string, number>>();
  for (const [path, label] of labels) {
    const folder = placed.get(path)?.label ?? "";
    const counts = pairs.get(label) ?? new Map<string, number>();
    pairs.set(label, counts.set(folder, (counts.get(folder) ?? 0) + 1));
  }
  const main = [...pairs.values()].map((counts) => Math.max(...counts.values()));
  return main.reduce((sum, count) => sum + count, 0) >= 0.9 * labels.size;
}

/**
 * A table beside class folders that names most images with other labels. Where the folders' names only count (part_1,
 * patient_02) nobody can tell what is meant; else the folders are the classes, and that is said.
 * @throws CoreError `bad-input`.
 */
async function checkTables(view: View, placed: ReadonlyMap<string, Place>): Promise<View> {
  const images = [...placed.keys()].filter((path) => !isNamedLikeDocument(path));
  const { found, unclear } = matchTables(await view.tables(), images);
  const other = found.find(({ labels }) => labels.size >= images.length / 2 && !goesWith(labels, placed));
  const open = found.length === 0 ? unclear.find(({ named }) => named.size >= images.length / 2) : undefined;
  const name = other?.names[0] ?? open?.table.name;
  if (name === undefined) return view;
  const columns = other ? [other.column] : (open?.candidates ?? []);
  const folders = imageFolders(view.root).map((folder) => folder.name);
  const words = new Set(folders.map((folder) => folder.replace(/\p{N}+/gu, "")));
  if (folders.length > 1 && words.size === 1 && folders.every((folder) => /\p{L}/u.test(folder))) {
    const commands = [
      ...labelsFromCommands(columns.map((column) => `${name}:${column}`)),
      "--labels-from folders   the folders are the classes all the same",
    ];
    const what = `${visibleText(view.source)}: ${nameFew(folders, 5)} are numbered, and ${visibleText(name)} names the images too: nobody can tell which of them says the labels.`;
    throw layoutError(view.source, what, { tree: view.tree, commands });
  }
  if (other === undefined) return view;
  const [command = ""] = labelsFromCommands([`${name}:${other.column}`]);
  return withNote(
    view,
    "table-beside",
    `the classes are the folders; ${visibleText(name)} says other labels (column ${visibleText(other.column)}), for those: ${command}`,
  );
}

/** Class folders: one folder a class, images at any depth below it. */
export async function readClasses(view: View): Promise<Reading> {
  const isByHand = view.labelsFrom?.type === "folders";
  const isKnown = view.root.folders.some(({ name }) => view.knownLabels.has(name.normalize("NFC")));
  const withParts = isByHand ? undefined : readInnerParts(view);
  if (withParts) return withParts;
  if (!isByHand && !isKnown) checkEqualFolders(view);
  const classes = classFolders(view.root);
  const placed = placeFolders(classes);
  const noted = isByHand ? view : await checkTables(noteInner(view, classes), placed);
  return { view: noted, placed, classFolders: classes, parts: [] };
}
