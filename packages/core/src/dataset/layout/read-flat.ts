import { capitalized } from "../../capitalized.ts";
import { nameFew } from "../../name-few.ts";
import { visibleText } from "../../visible-text.ts";
import { counted, verb } from "../count-words.ts";
import { UNREAD_ARCHIVE } from "../junk.ts";
import type { Part } from "../types.ts";
import { isContainer, partOf, spokenPart } from "./folder-names.ts";
import { type FolderNode, filesBelow, imageFolders, imagesBelow } from "./folder-tree.ts";
import { clearLabelsInNames } from "./labels-in-names.ts";
import { matchTables, noteTable } from "./read-tables.ts";
import { type Place, type Reading, type View, withNote, withSkipped } from "./reading.ts";
import { labelsFromChoices, layoutError } from "./refuse.ts";

/** Share of the images that a table must name to be about them. */
const MOST = 0.5;

const mayHold = (name: string): boolean => isContainer(name) || spokenPart(name) !== undefined;

/** A folder that holds images, and perhaps folders that do the same, of which none is called as a class. */
const isFlat = (folder: FolderNode): boolean =>
  imageFolders(folder).every((inner) => mayHold(inner.name) && isFlat(inner));

/**
 * Folders without classes among them: all are called as parts (train, test) or as what just holds images (images, part_2),
 * or there is only one, or none.
 */
function isFlatRoot({ root, knownLabels }: View): boolean {
  const folders = imageFolders(root);
  if (folders.some(({ name }) => knownLabels.has(name.normalize("NFC"))) || !folders.every(isFlat))
    return false;
  const others = folders.filter(({ name }) => !mayHold(name));
  return others.length === 0 || folders.length === 1;
}

/** The part that a flat folder is, where folders are parts. */
function partsByPath({ root }: View): ReadonlyMap<string, Part> {
  const folders = imageFolders(root);
  const named = folders.flatMap((folder) => {
    const part = partOf(folder.name) ?? spokenPart(folder.name);
    return part === undefined ? [] : [{ folder, part }];
  });
  // a part alone, or beside images of no part, only wraps
  const kinds = new Set(named.map(({ part }) => part));
  if (!kinds.has("train") || kinds.size < 2 || named.length < folders.length) return new Map();
  return new Map(
    named.flatMap(({ folder, part }) => imagesBelow(folder).map((path) => [path, part] as const)),
  );
}

/** Images by what was read of them, with their parts. */
export function placeLabels(
  view: View,
  labels: ReadonlyMap<string, string>,
): Pick<Reading, "placed" | "classFolders" | "parts"> {
  const parts = partsByPath(view);
  const placed = new Map<string, Place>();
  for (const [path, label] of labels) {
    const part = parts.get(path);
    placed.set(path, part === undefined ? { label } : { label, part });
  }
  const isPart = new Set(parts.values()).size > 0;
  return { placed, classFolders: [], parts: isPart ? imageFolders(view.root) : [] };
}

/** Labels from a table that lies among the images, if one names them. */
async function fromTables(view: View, images: readonly string[]): Promise<Reading | undefined> {
  const { found, unclear } = matchTables(await view.tables(), images);
  const good = found.filter(
    ({ labels }) => labels.size >= MOST * images.length && new Set(labels.values()).size > 1,
  );
  const [best, second] = good;
  const [unknown] = unclear;
  if (best === undefined && unknown === undefined) return undefined;
  if (best === undefined || second !== undefined) {
    const choices = [
      ...good.flatMap(({ names, column }) => names.slice(0, 1).map((name) => `${name}:${column}`)),
      ...unclear.flatMap(({ table, candidates }) => candidates.map((column) => `${table.name}:${column}`)),
    ];
    const what = `${visibleText(view.source)} has no class folders, and ${counted(choices.length, "column")} of ${nameFew(choices.map((choice) => choice.split(":")[0] ?? "").filter((name, at, all) => all.indexOf(name) === at))} may hold the labels.`;
    const commands = labelsFromChoices(choices);
    throw layoutError(view.source, what, { tree: view.tree, commands });
  }
  const unlabelled = images.filter((path) => !best.labels.has(path));
  return { view: noteTable(view, best, unlabelled), ...placeLabels(view, best.labels) };
}

/** Labels that the names of the files begin with. Images of a test part may have none. */
function fromNames(view: View, images: readonly string[]): Reading | undefined {
  const parts = partsByPath(view);
  const isTest = (path: string): boolean => parts.get(path) === "test";
  const labels = clearLabelsInNames(images) ?? clearLabelsInNames(images.filter((path) => !isTest(path)));
  if (labels === undefined) return undefined;
  const first = [...labels].find(([path]) => !isTest(path)) ?? ["", ""];
  const unlabelled = images.filter((path) => !labels.has(path));
  const noted = withNote(
    view,
    "labels-from-names",
    `the labels are read from the file names (${visibleText(first[0])}: ${visibleText(first[1])}): ${nameFew([...new Set(labels.values())].sort(), 6)}`,
  );
  return { view: noteUnlabelled(noted, unlabelled), ...placeLabels(view, labels) };
}

/** Says which images have no label in their name. */
export function noteUnlabelled(view: View, unlabelled: readonly string[]): View {
  const [example] = unlabelled;
  if (example === undefined) return view;
  return withNote(
    withSkipped(view, unlabelled, "without a label in its name"),
    "unlabelled-images",
    `${counted(unlabelled.length, "image")} ${verb(unlabelled.length, "has", "have")} no label in ${verb(unlabelled.length, "its name and is", "their names and are")} left out, such as ${visibleText(example)}`,
  );
}

/** A flat folder that is called as a class of the model that is scored. */
function fromOwnName(view: View, images: readonly string[]): Reading | undefined {
  const folder = view.root.name === "" ? view.source : view.root.name;
  const label = (folder.split(/[\\/]/).findLast((name) => name !== "") ?? "").normalize("NFC");
  if (!view.knownLabels.has(label)) return undefined;
  const message = `all ${counted(images.length, "image")} ${verb(images.length, "is", "are")} labelled ${visibleText(label)}, after the folder`;
  const labels = new Map(images.map((path) => [path, label]));
  return { view: withNote(view, "labels-from-folder", message), ...placeLabels(view, labels) };
}

/** What is wrong with a flat data set, in words. */
function flatProblem({ root, source, notes }: View): string {
  const folders = imageFolders(root);
  const masks = notes.find(({ code }) => code === "masks");
  const archives = filesBelow(root).filter((path) => UNREAD_ARCHIVE.test(path));
  const packed = archives.length === 0 ? "" : ` It holds ${nameFew(archives)}, which must be unpacked first.`;
  const why = masks === undefined ? packed : ` ${capitalized(masks.message)}.`;
  const shown = visibleText(source);
  const isHolder = folders.length === 1 && folders.every(({ name }) => mayHold(name));
  if (folders.length === 0 || isHolder) return `${shown} has no class folder; at least two are needed.${why}`;
  const [first] = folders;
  if (folders.length === 1 && first !== undefined)
    return `${shown} has one class folder, "${visibleText(first.name)}"; at least two are needed.${why}`;
  return `${shown}: ${nameFew(
    folders.map(({ name }) => name),
    5,
  )} hold images, not class folders, and neither the file names nor a table beside them say clearly what they show.${why}`;
}

/**
 * Flat parts: no folder is a class. The labels are read from a table beside the images (_classes.csv, metadata.csv, labels.csv
 * and the like), else from the file names where they clearly hold them, else the layout is refused.
 * @throws CoreError `bad-input`.
 */
export async function readFlat(view: View): Promise<Reading | undefined> {
  if (!isFlatRoot(view)) return undefined;
  const images = imagesBelow(view.root);
  const reading = fromOwnName(view, images) ?? (await fromTables(view, images)) ?? fromNames(view, images);
  if (reading !== undefined) return reading;
  const commands = [
    "`labelsFrom: names`             cat.0.jpg is a cat",
    "`labelsFrom: FILE[:COLUMN]`     a .csv, .tsv, .json or .jsonl with a row for each image",
    ...(imageFolders(view.root).length > 1
      ? ["`labelsFrom: folders`           the folders really are the classes"]
      : []),
  ];
  const [only, ...others] = imageFolders(view.root);
  const isClass = only !== undefined && others.length === 0 && !mayHold(only.name);
  throw layoutError(view.source, flatProblem(view), {
    tree: view.tree,
    commands: images.length === 0 ? [] : commands,
    classes: isClass ? { folder: only.name } : "none",
  });
}
