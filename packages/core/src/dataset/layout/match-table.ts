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
  readonly candidates: readonly string[];
}

/** Columns that are called so hold the label, in this order. */
const LABEL_NAMES = [
  "label",
  "labels",
  "class",
  "classes",
  "class_name",
  "classname",
  "label_name",
  "category",
  "target",
  "classid",
  "class_id",
];

/** Finds images by what a table calls them. */
export class ImageNames {
  private readonly byPath: ReadonlySet<string>;
  private readonly byName = new Map<string, string | null>();
  private readonly byStem = new Map<string, string | null>();

  constructor(paths: readonly string[]) {
    this.byPath = new Set(paths);
    for (const path of paths) {
      const name = path.slice(path.lastIndexOf("/") + 1);
      // a name that lies in two folders names neither
      this.byName.set(name, this.byName.has(name) ? null : path);
      const stem = stemOf(path);
      this.byStem.set(stem, this.byStem.has(stem) ? null : path);
    }
  }

  /** The image that a cell of a table in `folder` means: by its path from there or from the root, by its name, by its stem. */
  find(cell: string, folder: string): string | undefined {
    const way = cell.replaceAll("\\", "/").replace(/^(\.\/)+/, "");
    if (way === "") return undefined;
    for (const path of folder === "" ? [way] : [`${folder}/${way}`, way])
      if (this.byPath.has(path)) return path;
    const name = way.slice(way.lastIndexOf("/") + 1);
    return this.byName.get(name) ?? this.byStem.get(name) ?? undefined;
  }
}

/** The column whose cells name images most often, with its share of the rows. */
function fileColumn(table: LabelTable, names: ImageNames): { readonly at: number; readonly share: number } {
  const sample = table.rows.slice(0, 2000);
  const width = Math.max(...sample.map((row) => row.length));
  let best = { at: -1, share: 0 };
  for (let at = 0; at < width; at++) {
    const found = sample.filter((row) => names.find(row[at] ?? "", table.folder) !== undefined).length;
    const share = found / sample.length;
    if (share > best.share) best = { at, share };
  }
  return best;
}

/** Columns of 0 and 1, one for each class (Roboflow's _classes.csv). */
function oneHotColumns(rows: LabelTable["rows"], others: readonly number[]): boolean {
  const isFlag = (value: string | undefined): boolean => value === "0" || value === "1";
  if (others.length < 2 || !rows.every((row) => others.every((at) => isFlag(row[at])))) return false;
  const single = rows.filter((row) => others.filter((at) => row[at] === "1").length === 1).length;
  return single >= rows.length / 2;
}

/** Columns that could hold labels: some values, each more than once. */
function labelColumns(rows: LabelTable["rows"], others: readonly number[]): readonly number[] {
  return others.filter((at) => {
    const values = new Set(rows.map((row) => row[at] ?? ""));
    return values.size > 1 && values.size <= rows.length / 2;
  });
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
  for (const name of LABEL_NAMES) {
    const at = others.find((other) => nameOf(other).toLowerCase() === name);
    if (at !== undefined) return single(at);
  }
  const [first, ...more] = others;
  if (first !== undefined && more.length === 0) return single(first);
  if (oneHotColumns(rows, others))
    return {
      column: others.map(nameOf).slice(0, 3).join(", ") + (others.length > 3 ? ", …" : ""),
      labelOf: (row) => {
        const hot = others.filter((at) => row[at] === "1");
        return hot.length === 1 && hot[0] !== undefined ? nameOf(hot[0]) : "";
      },
    };
  const [only, ...rest] = labelColumns(rows, others);
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
  const { at, share } = fileColumn(table, names);
  if (at < 0 || share < 0.25) return undefined;
  const [first = [], ...rest] = table.rows;
  const hasHeader = table.columns === undefined && names.find(first[at] ?? "", table.folder) === undefined;
  const columns = table.columns ?? (hasHeader ? first : []);
  const rows = hasHeader ? rest : table.rows;
  const others = [...(rows[0] ?? []).keys()].filter((other) => other !== at);
  const rule = labelRule(rows, { columns, others, wanted });
  if (!("labelOf" in rule)) return { table, candidates: rule };
  const labels = new Map<string, string>();
  const unclear = new Set<string>();
  let missing = 0;
  for (const row of rows) {
    const path = names.find(row[at] ?? "", table.folder);
    const label = rule.labelOf(row).trim().normalize("NFC");
    if (path === undefined) missing++;
    else if (label === "" || (labels.get(path) ?? label) !== label) unclear.add(path);
    else labels.set(path, label);
  }
  for (const path of unclear) labels.delete(path);
  return { table, column: rule.column, labels, unclear, missing };
}
