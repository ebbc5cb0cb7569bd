import { byCodeUnit } from "../../by-code-unit.ts";
import { CoreError } from "../../errors.ts";
import { nameFew } from "../../name-few.ts";
import { visibleText } from "../../visible-text.ts";
import { counted, verb } from "../count-words.ts";
import { isNamedLikeDocument, UNREAD_ARCHIVE } from "../junk.ts";
import type { Listing } from "../listing.ts";
import type { BrokenFile, DatasetNote, SkippedFile } from "../types.ts";
import { partOf } from "./folder-names.ts";
import { type FolderNode, folderTree, isBelow } from "./folder-tree.ts";
import type { LabelTable } from "./label-table.ts";
import type { LabelsFrom } from "./labels-from.ts";
import type { ClassFolder, Place, Purpose, Reading, View } from "./reading.ts";
import { layoutError } from "./refuse.ts";
import { LAYOUT_RULES } from "./rules.ts";
import { settle } from "./settle.ts";

/** What the folders, names and tables of a data set mean. */
export interface Layout {
  /** Class names, sorted by code unit. */
  readonly labels: readonly string[];
  readonly presplit: boolean;
  /** Class and part of every file that has a class, by path. */
  readonly placed: ReadonlyMap<string, Place>;
  /** The class whose folder holds this path, whatever lies there; undefined for what lies beside. */
  labelOf(path: string): string | undefined;
  /** True for the place of a class folder: right below the root or a part. */
  isClassPlace(path: string): boolean;
  /** Files without a class. */
  readonly skipped: readonly SkippedFile[];
  /** How the layout was read, where there is more than one way, and what it leaves out. */
  readonly notes: readonly DatasetNote[];
  /** What was found, for messages. */
  readonly tree: FolderNode;
}

export interface LayoutOptions {
  /** @default "train" */
  readonly purpose?: Purpose | undefined;
  readonly labelsFrom?: LabelsFrom | undefined;
  /** The labels of the model that is scored. @default none */
  readonly knownLabels?: readonly string[] | undefined;
  /** Files that may hold labels, parsed. @default none */
  readonly tables?: (() => Promise<readonly LabelTable[]>) | undefined;
}

/** A class that only validation or test knows cannot be learned, so it is a mistake, most often of spelling. */
function checkClasses(
  { source, tree }: View,
  placed: ReadonlyMap<string, Place>,
  classes: readonly ClassFolder[],
): void {
  const places = [...placed.values(), ...classes];
  const known = new Set(places.flatMap(({ part, label }) => (part === "train" ? [label] : [])));
  const folderOf = new Map(classes.map(({ label, folder }) => [label, `${folder.path}/`]));
  const strangers = places.filter(({ label, part }) => part !== "train" && !known.has(label));
  if (known.size === 0 || strangers.length === 0) return;
  const names = nameFew([...new Set(strangers.map(({ label }) => folderOf.get(label) ?? label))], 5);
  const what = `${visibleText(source)} has classes that its training folder lacks: ${names} (training has: ${nameFew([...known], 5)}). A class must have the same name in every folder, upper and lower case included.`;
  throw layoutError(source, what, { tree });
}

/**
 * A folder that cannot be entered may be a class or hold some, and a training would leave them out unnoticed. Below a
 * class folder it costs images alone, beside train and validation nothing: these go on.
 */
function checkClosed(source: string, closed: readonly BrokenFile[], { classFolders, parts }: Reading): void {
  const isOutside = (path: string): boolean =>
    parts.length > 0 &&
    !parts.some((part) => isBelow(path, part)) &&
    partOf(path.slice(path.lastIndexOf("/") + 1)) === undefined;
  const missing = closed.filter(
    ({ path }) => !isOutside(path) && !classFolders.some(({ folder }) => isBelow(path, folder)),
  );
  if (missing.length === 0) return;
  const reasons = missing.slice(0, 3).map(({ path, reason }) => `${visibleText(path)}: ${reason}`);
  const more = missing.length > reasons.length ? ` And ${missing.length - reasons.length} more.` : "";
  const folders = missing.length === 1 ? "a folder" : `${missing.length} folders`;
  const what = `${visibleText(source)} has ${folders} that graft cannot look into, so classes may be missing. ${reasons.join(" ")}${more}`;
  throw new CoreError("bad-input", { what }, { facts: { source, folders: missing } });
}

/** Archives of kinds that are not read, where classes lie: they may be some. */
function archiveNotes(loose: readonly string[]): readonly DatasetNote[] {
  const archives = loose.filter((path) => UNREAD_ARCHIVE.test(path));
  if (archives.length === 0) return [];
  const message = `${nameFew(archives)} ${verb(archives.length, "is an archive", "are archives")} that graft cannot read: unpack ${verb(archives.length, "it", "them")}, or pack a .zip or .tar.gz`;
  return [{ code: "archives-not-read", message }];
}

/** Files that no rule placed or left out by name lie beside the class folders. */
function looseFiles(files: readonly { readonly path: string }[], { view, placed }: Reading) {
  const known = new Set(view.skipped.map(({ path }) => path));
  const loose = files.map(({ path }) => path).filter((path) => !placed.has(path) && !known.has(path));
  const images = loose.filter((path) => !isNamedLikeDocument(path));
  const [example] = images;
  const notes: readonly DatasetNote[] =
    example === undefined
      ? []
      : [
          {
            code: "loose-files",
            message: `${counted(images.length, "file")} ${verb(images.length, "lies", "lie")} beside the class folders and ${verb(images.length, "is", "are")} not used, such as ${visibleText(example)}`,
          },
        ];
  return {
    skipped: loose.map((path) => ({ path, reason: "not in a class folder" })),
    notes: [...notes, ...archiveNotes(loose)],
  };
}

async function read(view: View): Promise<Reading> {
  for (const rule of LAYOUT_RULES) {
    const reading = await rule.read(view);
    if (reading !== undefined) return reading;
  }
  throw new TypeError("the last rule reads everything");
}

/**
 * Understands a data set by `LAYOUT_RULES`: which file is of which class and part, and what there is to say about it.
 * For a training it has two classes and more, and a class of validation or test is one of train (the other way round is
 * warned of in the report); a model is scored on any.
 * @throws CoreError `bad-input` for a layout that cannot be understood, with the expected tree beside the found one and the
 * command to type, and for a folder that cannot be entered where a class may be.
 */
export async function findLayout(
  source: string,
  listing: Listing,
  options: LayoutOptions = {},
): Promise<Layout> {
  const { purpose = "train", labelsFrom, knownLabels = [], tables = async () => [] } = options;
  const files = [...listing.files, ...listing.passed];
  const tree = folderTree({ files, folders: listing.folders });
  const labelled = new Set(knownLabels);
  const start: View = {
    source,
    tree,
    root: tree,
    purpose,
    labelsFrom,
    knownLabels: labelled,
    tables,
    skipped: [],
    notes: [],
  };
  const reading = await read(settle(start));
  const { view, placed, classFolders, parts } = reading;
  checkClosed(source, listing.closed, reading);
  if (purpose === "train") checkClasses(view, placed, classFolders);
  const places = classFolders.length > 0 ? classFolders : [...placed.values()];
  const labels = [...new Set(places.map(({ label }) => label))].sort(byCodeUnit);
  const fewest = purpose === "train" ? 2 : 1;
  if (labels.length < fewest) {
    const found =
      labels[0] === undefined ? "no class folder" : `one class folder, "${visibleText(labels[0])}"`;
    const needed = fewest === 1 ? "at least one is needed" : "at least two are needed";
    const classes = labels[0] === undefined ? "none" : { folder: labels[0] };
    throw layoutError(source, `${visibleText(source)} has ${found}; ${needed}.`, { tree, classes });
  }
  const loose = looseFiles(files, reading);
  const aboveClasses = new Set(
    [...classFolders.map(({ folder }) => folder.path), ...(classFolders.length > 0 ? [] : [""])].map((path) =>
      path.split("/").slice(0, -1).join("/"),
    ),
  );
  return {
    labels,
    presplit: parts.length > 0,
    placed,
    labelOf: (path) =>
      classFolders.find(({ folder }) => isBelow(path, folder))?.label ?? placed.get(path)?.label,
    isClassPlace: (path) => aboveClasses.has(path.split("/").slice(0, -1).join("/")),
    skipped: [...view.skipped, ...loose.skipped],
    notes: [...view.notes, ...loose.notes],
    tree,
  };
}
