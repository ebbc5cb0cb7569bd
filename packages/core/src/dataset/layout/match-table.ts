import { isNamedLikeImage } from "../junk.ts";
import { partOf } from "./folder-names.ts";
import type { LabelTable } from "./label-table.ts";
import { stemOf } from "./stems.ts";

/** What a table says of the images. */
export interface TableMatch {
  readonly table: LabelTable;
  /** The column of the labels, for people. */
  readonly column: string;
  readonly labels: ReadonlyMap<string, string>;
  /** Images that it names with two labels, or with none. */
  readonly unclear: ReadonlySet<string>;
  /** Rows whose image is not there. */
  readonly missing: number;
}

/** A table that names the images, and not which column is the label. */
export interface UnclearTable {
  readonly table: LabelTable;
  /** Names of its other columns. */
  readonly candidates: readonly string[];
  /** Images that it names. */
  readonly named: ReadonlySet<string>;
}

/** Columns that are called so hold the label, in this order. */
const LABEL_NAMES = [
  ...["label", "labels", "class", "classes", "class_name", "classname", "label_name", "category", "target"],
  ...["classid", "class_id"],
];
/** Columns that are called so name the images, where others could be taken for their numbers. */
const FILE_NAMES = [
  ...["file_name", "filename", "file", "path", "filepath", "file_path", "image", "image_path", "image_name"],
  ...["img", "name", "image_id", "id"],
];
/** What else tables say of images. A person may still name such a column. */
const NO_LABEL_NAME =
  /^(split|fold|partition|subset|usage|set|phase|width|height|size|bytes|.*date|.*time|score|confidence|prob.*|pred.*|text|caption|url|md5|sha\d*|hash|age)$/i;
/** Cells that say "not known" (pandas, spreadsheets). */
const NO_LABEL = /^(|nan|n\/?a|null|\?)$/i;

/** Finds images by what a table calls them: the case of letters, and how accents are composed, differ between disks. */
export class ImageNames {
  /** Images by path, by name and by name without ending; null for what names several. */
  readonly #keys = [0, 1, 2].map(() => new Map<string, string | null>());
  readonly size: number;

  constructor(paths: readonly string[]) {
    this.size = paths.length;
    for (const path of paths)
      for (const [at, key] of keysOf(path).entries()) {
        const known = this.#keys[at];
        known?.set(key, known.has(key) ? null : path);
      }
  }

  /**
   * The image that a cell of a table in `folder` means: by its path from there or from the root, by its name, by its name
   * without ending. `sureness` is 3, 2 or 1 for these. An image of another part than the cell says is not meant.
   */
  find(cell: string, folder: string): { readonly path: string; readonly sureness: number } | undefined {
    const way = cell
      .replaceAll("\\", "/")
      .replace(/^(\.\/)+/, "")
      .replace(/\?.*$/, "");
    if (way === "") return undefined;
    const [byPath, byName, byStem] = this.#keys;
    for (const path of folder === "" ? [way] : [`${folder}/${way}`, way]) {
      const found = byPath?.get(keysOf(path)[0]);
      if (found) return { path: found, sureness: 3 };
    }
    const [, name, stem] = keysOf(way);
    const named = byName?.get(name);
    // "12" is a stem as it is; "12.png" is the photo 12.jpg when there is no other
    const found = named ?? byStem?.get(name) ?? (isNamedLikeImage(name) ? byStem?.get(stem) : undefined);
    if (!found || !isOfPart(found, way)) return undefined;
    return { path: found, sureness: named ? 2 : 1 };
  }
}

const plain = (text: string): string => text.normalize("NFC").toLowerCase();

function keysOf(path: string): readonly [string, string, string] {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return [plain(path), plain(name), plain(stemOf(path))];
}

/** False where both paths have a folder that is a part, and not the same. */
function isOfPart(path: string, way: string): boolean {
  const part = (text: string) =>
    text
      .split("/")
      .slice(0, -1)
      .flatMap((name) => partOf(name) ?? [])[0];
  const [here, said] = [part(path), part(way)];
  return here === undefined || said === undefined || here === said;
}

/** Rows in which a column that names the images is looked for. */
const MOST_ROWS = 200_000;
/** A table that names fewer of the images, and has fewer rows of them, is about something else. */
const LEAST_SHARE = 0.25;

/** The column whose cells name images most surely; -1 where none does, or where two do and nothing tells which is meant. */
function fileColumn({ rows: all, folder, columns }: LabelTable, names: ImageNames): number {
  const rows = all.slice(0, MOST_ROWS);
  const width = Math.max(...rows.slice(0, 100).map((row) => row.length));
  const title = (at: number): number => {
    const rank = FILE_NAMES.indexOf(plain(columns?.[at] ?? all[0]?.[at] ?? ""));
    return rank < 0 ? FILE_NAMES.length : rank;
  };
  const scored = Array.from({ length: width }, (_, at) => {
    const found = rows.flatMap((row) => names.find(row[at] ?? "", folder) ?? []);
    const images = new Set(found.map(({ path }) => path)).size;
    const share = Math.max(found.length / rows.length, images / names.size);
    const sureness = found.reduce((sum, each) => sum + each.sureness, 0) / Math.max(1, found.length);
    return { at, share, sureness: share < LEAST_SHARE ? 0 : Math.round(sureness), title: title(at) };
  }).filter(({ sureness }) => sureness > 0);
  scored.sort((a, b) => b.sureness - a.sureness || a.title - b.title || b.share - a.share);
  const [best, second] = scored;
  const isTie =
    second !== undefined &&
    best?.sureness === second.sureness &&
    best.title === second.title &&
    Math.abs(best.share - second.share) < 0.1;
  return best === undefined || isTie ? -1 : best.at;
}

/** 1 or 1.0 is yes; 0 and, in some sets, -1 is no. */
const isYes = (value: string | undefined): boolean => Number(value) === 1;
const isFlag = (value: string | undefined): boolean =>
  value !== undefined && value !== "" && [-1, 0, 1].includes(Number(value));

/** Columns of 0 and 1, one for each class (Roboflow's _classes.csv). */
function oneHotColumns(rows: LabelTable["rows"], others: readonly number[]): boolean {
  if (others.length < 2 || !rows.every((row) => others.every((at) => isFlag(row[at])))) return false;
  const single = rows.filter((row) => others.filter((at) => isYes(row[at])).length === 1).length;
  return single >= rows.length / 2;
}

/** Values that come again, and are no parts and no measurements, may be labels. */
function mayBeLabels(rows: LabelTable["rows"], at: number): boolean {
  const values = rows.map((row) => row[at] ?? "").filter((value) => !NO_LABEL.test(value));
  const different = new Set(values);
  const isOfParts = [...different].every((value) => partOf(value) !== undefined);
  const isMeasured = values.filter((value) => /^-?\d*\.\d+$/.test(value)).length > values.length / 2;
  return different.size > 1 && different.size <= values.length / 2 && !isOfParts && !isMeasured;
}

type LabelOf = { readonly column: string; labelOf(row: readonly string[]): string };

/** How a row says its label, or the columns among which a person must choose. */
function labelRule(
  rows: LabelTable["rows"],
  {
    columns,
    others,
    wanted,
  }: { columns: readonly string[]; others: readonly number[]; wanted: string | undefined },
): LabelOf | readonly string[] {
  const nameOf = (at: number): string => columns[at] ?? `${at + 1}`;
  const single = (at: number): LabelOf => ({ column: nameOf(at), labelOf: (row) => row[at] ?? "" });
  if (wanted !== undefined) {
    const at = others.find((other) => nameOf(other) === wanted);
    return at === undefined ? others.map(nameOf) : single(at);
  }
  const likely = others.filter((at) => mayBeLabels(rows, at) && !NO_LABEL_NAME.test(nameOf(at)));
  for (const name of LABEL_NAMES) {
    const at = likely.find((other) => plain(nameOf(other)) === name);
    if (at !== undefined) return single(at);
  }
  if (oneHotColumns(rows, others))
    return {
      column: others.map(nameOf).slice(0, 3).join(", ") + (others.length > 3 ? ", …" : ""),
      labelOf: (row) => {
        const hot = others.filter((at) => isYes(row[at]));
        return hot.length === 1 && hot[0] !== undefined ? nameOf(hot[0]) : "";
      },
    };
  const [only, ...rest] = likely;
  return only !== undefined && rest.length === 0 ? single(only) : others.map(nameOf);
}

/**
 * Reads the labels of images from a table: which column names the images, and which holds the label.
 * @param wanted the column of the labels, where a person said it.
 * @returns undefined for a table that is not about these images.
 */
export function matchTable(
  table: LabelTable,
  names: ImageNames,
  wanted?: string,
): TableMatch | UnclearTable | undefined {
  const at = fileColumn(table, names);
  if (at < 0) return undefined;
  const [first = [], ...rest] = table.rows;
  const hasHeader = table.columns === undefined && names.find(first[at] ?? "", table.folder) === undefined;
  const columns = table.columns ?? (hasHeader ? first : []);
  const rows = hasHeader ? rest : table.rows;
  const others = [...(rows[0] ?? []).keys()].filter((other) => other !== at);
  const rule = labelRule(rows, { columns, others, wanted });
  if (!("labelOf" in rule)) {
    const named = new Set(rows.flatMap((row) => names.find(row[at] ?? "", table.folder)?.path ?? []));
    return { table, candidates: rule, named };
  }
  return {
    table,
    column: rule.column,
    ...readRows(rows, (row) => names.find(row[at] ?? "", table.folder), rule.labelOf),
  };
}

function readRows(
  rows: LabelTable["rows"],
  imageOf: (row: readonly string[]) => { readonly path: string } | undefined,
  labelOf: (row: readonly string[]) => string,
): Pick<TableMatch, "labels" | "unclear" | "missing"> {
  const labels = new Map<string, string>();
  const unclear = new Set<string>();
  let missing = 0;
  for (const row of rows) {
    const path = imageOf(row)?.path;
    const label = labelOf(row).trim().normalize("NFC");
    if (path === undefined) missing++;
    else if (NO_LABEL.test(label) || (labels.get(path) ?? label) !== label) unclear.add(path);
    else labels.set(path, label);
  }
  for (const path of unclear) labels.delete(path);
  return { labels, unclear, missing };
}
