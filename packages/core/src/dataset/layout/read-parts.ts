import { nameFew } from "../../name-few.ts";
import { visibleText } from "../../visible-text.ts";
import { counted, verb } from "../count-words.ts";
import type { Part } from "../types.ts";
import { isPlainPart, partOf, spokenPart } from "./folder-names.ts";
import { type FolderNode, holdsFolders, imageFolders, imagesBelow, isBeside } from "./folder-tree.ts";
import { classFolders, placeFolders, readClasses } from "./read-classes.ts";
import { type ClassFolder, type Reading, type View, withNote, withSkipped } from "./reading.ts";
import { layoutError } from "./refuse.ts";
import { settle } from "./settle.ts";

interface PartFolder {
  readonly folder: FolderNode;
  readonly part: Part;
}

const kindsOf = (parts: readonly PartFolder[]): ReadonlySet<Part> => new Set(parts.map(({ part }) => part));

const namesIn = (folder: FolderNode): readonly string[] =>
  imageFolders(folder).map(({ name }) => name.normalize("NFC"));

/** Names that speak of parts beside other words (cats_train, cats_test), where they hold the same folders. */
function spokenParts(root: FolderNode): readonly PartFolder[] {
  const folders = imageFolders(root);
  const parts = folders.flatMap((folder) => {
    const part = spokenPart(folder.name);
    return part === undefined || !holdsFolders(folder) ? [] : [{ folder, part }];
  });
  if (parts.length < folders.length || kindsOf(parts).size < 2) return [];
  const trained = new Set(parts.flatMap(({ folder, part }) => (part === "train" ? namesIn(folder) : [])));
  return parts.every(({ folder }) => namesIn(folder).some((name) => trained.has(name))) ? parts : [];
}

/**
 * The train / validation / test folders, or none. A class may be called "train" (beside "bus" and "car"): a part must
 * hold class folders, and beside parts may lie only parts and at most one other folder of images (unlabelled, results …),
 * unless train and another one are both there.
 */
function findParts(root: FolderNode): readonly PartFolder[] {
  const named = root.folders.flatMap((folder) => {
    const part = partOf(folder.name);
    return part === undefined ? [] : [{ folder, part }];
  });
  const parts = named.filter(({ folder }) => holdsFolders(folder));
  const isNamed = new Set(named.map(({ folder }) => folder));
  const others = root.folders.filter((folder) => !isNamed.has(folder) && !isBeside(folder));
  const hasTrain = parts.some(({ folder, part }) => part === "train" && namesIn(folder).length > 1);
  const hasOnlyParts = others.length === 0 || (others.length === 1 && hasTrain && !others.some(holdsFolders));
  const kinds = kindsOf(parts);
  return hasOnlyParts || (kinds.has("train") && kinds.size > 1) ? parts : spokenParts(root);
}

/** Tells of names that are not the plain ones. */
function noteNames(view: View, parts: readonly PartFolder[]): View {
  if (parts.every(({ folder }) => isPlainPart(folder.name))) return view;
  const named = parts.map(({ folder, part }) => `${folder.name} (${part})`);
  return withNote(view, "parts", `read as parts of the data set: ${nameFew(named, 6)}`);
}

/** Folders beside the parts, and parts without class folders: nobody knows what their images show. */
function leaveUnlabelled(view: View, parts: readonly PartFolder[]): View {
  const taken = new Set(parts.map(({ folder }) => folder));
  let after = view;
  for (const folder of imageFolders(view.root)) {
    const images = imagesBelow(folder);
    if (taken.has(folder) || images.length === 0) continue;
    const isFlat = !holdsFolders(folder);
    const holds = `${visibleText(folder.path)} holds ${counted(images.length, "image")}`;
    const why = isFlat ? "and no class folders" : "and is not one of the parts";
    const part = isFlat ? partOf(folder.name) : undefined;
    // whoever has a validation folder means it to be used
    if (part !== undefined && part !== "test" && view.purpose === "train")
      throw layoutError(view.source, `${holds} ${why}, so nothing says what they show.`, { tree: view.tree });
    after = withNote(
      withSkipped(after, images, "not in a class folder"),
      "unlabelled-folder",
      `${holds} ${why}: ${verb(images.length, "it is", "they are")} not used`,
    );
  }
  return after;
}

/** What else is called test and has a single folder of images that train does not know: they have no label. */
function withoutStrangers(
  view: View,
  classes: readonly ClassFolder[],
): { view: View; classes: readonly ClassFolder[] } {
  const trained = new Set(classes.flatMap(({ part, label }) => (part === "train" ? [label] : [])));
  if (trained.size === 0 || view.purpose === "score") return { view, classes };
  const spelled = (label: string): string =>
    label
      .normalize("NFKC")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]/gu, "");
  const spellings = new Set([...trained].map(spelled));
  // Cats beside cats is a mistake of spelling, and no stranger
  const isStranger = ({ label, part }: ClassFolder): boolean =>
    part === "test" && !trained.has(label) && !spellings.has(spelled(label));
  let after = view;
  for (const { folder } of classes.filter(isStranger)) {
    const images = imagesBelow(folder);
    if (images.length === 0) continue;
    after = withNote(
      withSkipped(after, images, "not in a class that train has"),
      "unlabelled-folder",
      `${visibleText(folder.path)} is not a class of train: ${counted(images.length, "image")} ${verb(images.length, "is", "are")} not scored`,
    );
  }
  return { view: after, classes: classes.filter((each) => !isStranger(each)) };
}

/**
 * Parts by name: train, validation and test folders (val, dev, training_set, seg_test …) with class folders in each. A part
 * that stands alone and is not train only wraps the classes.
 */
export async function readParts(view: View): Promise<Reading | undefined> {
  const parts = findParts(view.root);
  const [alone] = parts;
  if (alone === undefined) return undefined;
  if (view.purpose === "train" && parts.length === 1 && alone.part !== "train") {
    const message = `${visibleText(alone.folder.path)} has no train folder beside it, so it is used as the whole data set`;
    return readClasses(settle({ ...withNote(view, "parts", message), root: alone.folder }, true));
  }
  let after = noteNames(view, parts);
  const classes: ClassFolder[] = [];
  // train first: its classes are known to the others
  for (const { folder, part } of parts.toSorted(
    (a, b) => Number(b.part === "train") - Number(a.part === "train"),
  )) {
    const knownLabels = new Set([...view.knownLabels, ...classes.map(({ label }) => label)]);
    const inner = settle({ ...after, root: folder, knownLabels }, true);
    classes.push(...classFolders(inner.root, part));
    after = { ...inner, root: view.root, knownLabels: view.knownLabels };
  }
  const known = withoutStrangers(leaveUnlabelled(after, parts), classes);
  return {
    view: known.view,
    placed: placeFolders(known.classes),
    classFolders: known.classes,
    parts: parts.map(({ folder }) => folder),
  };
}
