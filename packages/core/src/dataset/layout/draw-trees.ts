import { visibleText } from "../../visible-text.ts";
import { counted } from "../count-words.ts";
import { type FolderNode, filesBelow } from "./folder-tree.ts";

/** More lines or levels than these help nobody. */
const DRAWN_FOLDERS = 6;
const DRAWN_LEVELS = 3;
const NAME_LENGTH = 28;

const shorten = (name: string): string =>
  name.length <= NAME_LENGTH ? name : `${name.slice(0, NAME_LENGTH - 1)}…`;

function drawFolder(node: FolderNode, level: number): string[] {
  const indent = "  ".repeat(level);
  const count = level === DRAWN_LEVELS ? filesBelow(node).length : node.files.length;
  const isShown = count > 0 || node.folders.length === 0;
  const lines = [
    `${indent}${shorten(visibleText(node.name))}/${isShown ? `  (${count === 0 ? "empty" : counted(count, "file")})` : ""}`,
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
