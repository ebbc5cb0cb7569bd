import { nameFew } from "../../name-few.ts";
import { visibleText } from "../../visible-text.ts";
import type { Part } from "../types.ts";
import { checkTables } from "./check-tables.ts";
import { isContainer, isTime } from "./folder-names.ts";
import { type FolderNode, filesBelow, imageFolders, isBeside } from "./folder-tree.ts";
import { innerNames } from "./inner-names.ts";
import { type ClassFolder, type Place, type Reading, type View, withNote } from "./reading.ts";
import { layoutError } from "./refuse.ts";
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
    "`labelsFrom: inner-folders`   the folder that an image lies in is its class",
    "`labelsFrom: folders`         the outer folders really are the classes",
  ];
  const what = areEqual
    ? `${nameFew(
        folders.map(({ name }) => name),
        5,
      )} hold the same folders (${nameFew(shared, 5)}), so they seem to be parts of the data set, not classes: call them train, validation and test, or give graft one of them.`
    : `${visibleText(repeating?.path ?? "")} holds folders with the same names as those beside it, but other files: graft cannot tell whether they belong together.`;
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
    `the classes are the outer folders: ${visibleText(first.label)} ${holds} ${nameFew(first.names)}, and so on; to use the inner ones: \`labelsFrom: inner-folders\``,
  );
}

/** Class folders: one folder a class, images at any depth below it. */
export async function readClasses(view: View): Promise<Reading> {
  const isByHand = view.labelsFrom?.type === "folders";
  const isKnown = view.root.folders.some(({ name }) => view.knownLabels.has(name.normalize("NFC")));
  if (!isByHand && !isKnown) checkEqualFolders(view);
  const classes = classFolders(view.root);
  const placed = placeFolders(classes);
  const noted = isByHand ? view : await checkTables(noteInner(view, classes), placed);
  return { view: noted, placed, classFolders: classes, parts: [] };
}
