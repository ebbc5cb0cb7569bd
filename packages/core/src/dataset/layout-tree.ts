import { visibleText } from "../visible-text.ts";
import { byCodeUnit, type Listing } from "./listing.ts";

/** A folder of a listing, with what lies in it. */
export interface FolderNode {
  readonly name: string;
  readonly path: string;
  readonly folders: readonly FolderNode[];
  /** Paths of the files directly in it. */
  readonly files: readonly string[];
}

interface OpenNode {
  readonly folders: Map<string, OpenNode>;
  readonly files: string[];
}

function close(node: OpenNode, name: string, path: string): FolderNode {
  const folders = [...node.folders]
    .sort(([a], [b]) => byCodeUnit(a, b))
    .map(([child, inner]) => close(inner, child, path === "" ? child : `${path}/${child}`));
  return { name, path, folders, files: node.files.sort(byCodeUnit) };
}

/** The listing as a tree, children sorted by code unit. */
export function folderTree({
  files,
  folders,
}: Pick<Listing, "folders"> & { readonly files: readonly { readonly path: string }[] }): FolderNode {
  const root: OpenNode = { folders: new Map(), files: [] };
  const folderAt = (names: readonly string[]): OpenNode => {
    let at = root;
    for (const name of names) {
      const next = at.folders.get(name) ?? { folders: new Map(), files: [] };
      at.folders.set(name, next);
      at = next;
    }
    return at;
  };
  for (const path of folders) folderAt(path.split("/"));
  for (const { path } of files) folderAt(path.split("/").slice(0, -1)).files.push(path);
  return close(root, "", "");
}

/** All files of a folder and its folders. */
export function filesBelow(node: FolderNode): readonly string[] {
  return [...node.files, ...node.folders.flatMap(filesBelow)];
}

/** More lines or levels than these help nobody. */
const DRAWN_FOLDERS = 6;
const DRAWN_LEVELS = 3;
const NAME_LENGTH = 28;

const shorten = (name: string): string =>
  name.length <= NAME_LENGTH ? name : `${name.slice(0, NAME_LENGTH - 1)}…`;
const counted = (count: number): string => (count === 1 ? "1 file" : `${count} files`);

function drawFolder(node: FolderNode, level: number): string[] {
  const indent = "  ".repeat(level);
  const count = level === DRAWN_LEVELS ? filesBelow(node).length : node.files.length;
  const isShown = count > 0 || node.folders.length === 0;
  const lines = [
    `${indent}${shorten(visibleText(node.name))}/${isShown ? `  (${count === 0 ? "empty" : counted(count)})` : ""}`,
  ];
  if (level === DRAWN_LEVELS) return lines;
  for (const child of node.folders.slice(0, DRAWN_FOLDERS)) lines.push(...drawFolder(child, level + 1));
  const more = node.folders.length - DRAWN_FOLDERS;
  if (more > 0) lines.push(`${indent}  … ${more} more`);
  return lines;
}

const EXPECTED = [
  "pets/",
  "  cats/",
  "    1.jpg 2.jpg …",
  "  dogs/",
  "    1.jpg 2.jpg …",
  "or",
  "pets/",
  "  train/",
  "    cats/ … dogs/ …",
  "  validation/",
  "    cats/ … dogs/ …",
];

/** The expected tree and the found one, side by side. */
export function drawTrees(found: FolderNode, name: string): string {
  const left = ["Expected", "", ...EXPECTED];
  const right = ["Found", "", ...drawFolder({ ...found, name }, 0)];
  const width = Math.max(...left.map((line) => line.length)) + 6;
  const rows = Array.from({ length: Math.max(left.length, right.length) }, (_, row) =>
    `  ${(left[row] ?? "").padEnd(width)}${right[row] ?? ""}`.trimEnd(),
  );
  return rows.join("\n");
}
