import { CoreError } from "../errors.ts";
import { nameFew } from "../name-few.ts";
import { visibleText } from "../visible-text.ts";
import { isNamedLikeDocument } from "./junk.ts";
import { drawTrees, type FolderNode, filesBelow, folderTree } from "./layout-tree.ts";
import { byCodeUnit, type Listing } from "./listing.ts";
import type { BrokenFile, Part, SkippedFile } from "./types.ts";

/** What the folders of a data set mean. */
export interface Layout {
  /** Class names, sorted by code unit. */
  readonly labels: readonly string[];
  readonly presplit: boolean;
  /** Class and part of every file that lies in a class folder, by path. */
  readonly placed: ReadonlyMap<string, { readonly label: string; readonly part?: Part }>;
  /** The class whose folder holds this path, whatever lies there; undefined for what lies beside. */
  labelOf(path: string): string | undefined;
  /** Files that lie beside the class folders. */
  readonly skipped: readonly SkippedFile[];
  /** What was found, for messages. */
  readonly tree: FolderNode;
}

const PART_NAMES = new Map<string, Part>([
  ["train", "train"],
  ["training", "train"],
  ["validation", "validation"],
  ["val", "validation"],
  ["valid", "validation"],
  ["dev", "validation"],
  ["test", "test"],
  ["testing", "test"],
]);
const partOf = (folder: FolderNode): Part | undefined => PART_NAMES.get(folder.name.toLowerCase());

/** A folder with files and none that could be an image (docs, annotations). */
function isBeside(folder: FolderNode): boolean {
  const files = filesBelow(folder);
  return files.length > 0 && files.every(isNamedLikeDocument);
}

const holdsFolders = (folder: FolderNode): boolean => folder.folders.some((inner) => !isBeside(inner));

/** Passes through folders that only wrap the next one: the name of an archive, "dataset", "images". */
function unwrap(root: FolderNode): FolderNode {
  const inner = root.folders.filter((folder) => !isBeside(folder));
  const [only] = inner;
  if (only === undefined || inner.length > 1) return root;
  return holdsFolders(only) && partOf(only) === undefined ? unwrap(only) : root;
}

/**
 * The train / validation / test folders, or none. A class may be called "train" (beside "bus" and "car"): a part must
 * hold class folders, and beside parts may only lie parts, unless train and another one are both there.
 */
function findParts(root: FolderNode): readonly FolderNode[] {
  const named = root.folders.filter((folder) => partOf(folder) !== undefined);
  const parts = named.filter(holdsFolders);
  const kinds = new Set(parts.map(partOf));
  const hasOnlyParts = root.folders.every((folder) => named.includes(folder) || isBeside(folder));
  return hasOnlyParts || (kinds.has("train") && kinds.size > 1) ? parts : [];
}

interface ClassFolder {
  /** NFC, so that names from macOS (which decomposes accents) and others are equal. */
  readonly label: string;
  readonly part?: Part;
  readonly folder: FolderNode;
}

function classFolders(root: FolderNode, part?: Part): readonly ClassFolder[] {
  return root.folders.map((folder) => ({
    label: folder.name.normalize("NFC"),
    ...(part === undefined ? {} : { part }),
    folder,
  }));
}

function findClasses(files: readonly { readonly path: string }[], folders: readonly string[]) {
  const tree = folderTree({ files, folders });
  const root = unwrap(tree);
  const parts = findParts(root);
  const classes =
    parts.length === 0
      ? classFolders(root)
      : parts.flatMap((folder) => classFolders(unwrap(folder), partOf(folder)));
  return { tree, parts, classes };
}

/** How many classes these images are sorted into by their folders. */
export function countLabels(images: readonly { readonly path: string }[]): number {
  return new Set(findClasses(images, []).classes.map(({ label }) => label)).size;
}

/** The error of a layout that can not be trained on, with the expected tree beside the found one. */
export function layoutError(source: string, what: string, tree: FolderNode): CoreError {
  const name = source.split(/[\\/]/).findLast((part) => part !== "") ?? source;
  const fix = `Put the images of each class into a folder named after it, and nothing else beside these folders:\n\n${drawTrees(tree, visibleText(name))}\n`;
  return new CoreError("bad-input", { what, fix }, { facts: { source } });
}

/** A class that only validation or test knows can not be learned, so it is a mistake, most often of spelling. */
function checkClasses(source: string, classes: readonly ClassFolder[], tree: FolderNode): void {
  const known = new Set(classes.filter(({ part }) => part === "train").map(({ label }) => label));
  const strangers = classes.filter(({ label, part }) => part !== "train" && !known.has(label));
  if (known.size === 0 || strangers.length === 0) return;
  const names = nameFew([...new Set(strangers.map(({ folder }) => `${folder.path}/`))], 5);
  const what = `${visibleText(source)} has classes that its training folder lacks: ${names} (training has: ${nameFew([...known], 5)}). The same class has the same name in every folder, in upper and lower case too.`;
  throw layoutError(source, what, tree);
}

const isBelow = (path: string, folder: FolderNode): boolean => path.startsWith(`${folder.path}/`);

/**
 * A folder that can not be entered may be a class or hold some, and a training would leave them out unnoticed. Below a
 * class folder it costs images alone, beside train and validation nothing: these go on.
 */
function checkClosed(
  source: string,
  closed: readonly BrokenFile[],
  layout: { readonly classes: readonly ClassFolder[]; readonly parts: readonly FolderNode[] },
): void {
  const { classes, parts } = layout;
  const isOutside = (path: string): boolean =>
    parts.length > 0 &&
    !parts.some((part) => isBelow(path, part)) &&
    !PART_NAMES.has(path.slice(path.lastIndexOf("/") + 1).toLowerCase());
  const missing = closed.filter(
    ({ path }) => !isOutside(path) && !classes.some(({ folder }) => isBelow(path, folder)),
  );
  if (missing.length === 0) return;
  const folders = missing.length === 1 ? "a folder" : `${missing.length} folders`;
  const reasons = missing.slice(0, 3).map(({ path, reason }) => `${visibleText(path)}: ${reason}`);
  const more = missing.length > reasons.length ? ` And ${missing.length - reasons.length} more.` : "";
  const what = `${visibleText(source)} has ${folders} that can not be looked into, so that classes may be missing. ${reasons.join(" ")}${more}`;
  throw new CoreError("bad-input", { what }, { facts: { source, folders: missing } });
}

/**
 * Reads the meaning of folders: classes, or train / validation / test with classes in each, inside any number of
 * wrapping folders. Images may lie at any depth below a class folder. A class of validation or test must be one of
 * train; the other way round is allowed (and warned of in the report).
 * @throws CoreError `bad-input` for fewer than two classes or classes that differ, with both trees drawn, and for a
 * folder that can not be entered where a class may be.
 */
export function findLayout(source: string, listing: Listing): Layout {
  const files = [...listing.files, ...listing.passed];
  const { tree, parts, classes } = findClasses(files, listing.folders);
  checkClosed(source, listing.closed, { classes, parts });
  checkClasses(source, classes, tree);
  const labels = [...new Set(classes.map(({ label }) => label))].sort(byCodeUnit);
  if (labels.length < 2) {
    const found =
      labels[0] === undefined ? "no class folder" : `one class folder, "${visibleText(labels[0])}"`;
    throw layoutError(source, `${visibleText(source)} has ${found}; at least two are needed.`, tree);
  }
  const placed = new Map<string, { label: string; part?: Part }>();
  for (const { folder, label, part } of classes)
    for (const path of filesBelow(folder)) placed.set(path, part === undefined ? { label } : { label, part });
  const skipped = files
    .filter(({ path }) => !placed.has(path))
    .map(({ path }) => ({ path, reason: "not in a class folder" }));
  const labelOf = (path: string): string | undefined =>
    classes.find(({ folder }) => isBelow(path, folder))?.label;
  return { labels, presplit: parts.length > 0, placed, labelOf, skipped, tree };
}
