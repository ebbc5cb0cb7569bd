import { nameFew } from "../../name-few.ts";
import { visibleText } from "../../visible-text.ts";
import { isNamedLikeDocument } from "../junk.ts";
import { imageFolders } from "./folder-tree.ts";
import { matchTables } from "./read-tables.ts";
import { type Place, type View, withNote } from "./reading.ts";
import { labelsFromChoices, layoutError } from "./refuse.ts";

/** True where each label lies in one folder, as good as always: then the folders say the same, or less. */
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
export async function checkTables(view: View, placed: ReadonlyMap<string, Place>): Promise<View> {
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
      ...labelsFromChoices(columns.map((column) => `${name}:${column}`)),
      "`labelsFrom: folders`   the folders really are the classes",
    ];
    const what = `${visibleText(view.source)}: the folders ${nameFew(folders, 5)} are numbered, and ${visibleText(name)} names the images too: graft cannot tell which of the two gives the labels.`;
    throw layoutError(view.source, what, { tree: view.tree, commands });
  }
  if (other === undefined) return view;
  const [command = ""] = labelsFromChoices([`${name}:${other.column}`]);
  return withNote(
    view,
    "table-beside",
    `the folders are the classes; ${visibleText(name)} gives other labels (column ${visibleText(other.column)}), to use those: ${command}`,
  );
}
