import Papa from "papaparse";
import { partOf } from "./folder-names.ts";
import type { LabelTable } from "./label-table.ts";

type Cells = Pick<LabelTable, "columns" | "rows">;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const cell = (value: unknown): string =>
  typeof value === "string"
    ? value
    : typeof value === "number" || typeof value === "boolean"
      ? String(value)
      : "";

/** Objects with the same keys → a table. */
function fromRecords(records: readonly unknown[]): Cells | undefined {
  const known = records.filter(isRecord);
  if (known.length === 0) return undefined;
  const columns = [...new Set(known.flatMap((record) => Object.keys(record)))];
  return { columns, rows: known.map((record) => columns.map((column) => cell(record[column]))) };
}

/** COCO: pictures, categories, and which of them are seen where. A picture of several categories has no label. */
function fromCoco(data: Readonly<Record<string, unknown>>): Cells | undefined {
  const list = (key: string) => (Array.isArray(data[key]) ? data[key].filter(isRecord) : undefined);
  const [images, annotations, categories] = [list("images"), list("annotations"), list("categories")];
  if (!images || !annotations || !categories) return undefined;
  const names = new Map(categories.map(({ id, name }) => [cell(id), cell(name)]));
  const seen = new Map<string, Set<string>>();
  for (const annotation of annotations) {
    const image = cell(annotation.image_id);
    const labels = seen.get(image) ?? new Set<string>();
    seen.set(image, labels.add(names.get(cell(annotation.category_id)) ?? ""));
  }
  const rows = images.map(({ id, file_name: name }) => {
    const labels = [...(seen.get(cell(id)) ?? [])];
    return [cell(name), labels.length === 1 ? (labels[0] ?? "") : ""];
  });
  return { columns: ["file_name", "category"], rows };
}

function fromJson(data: unknown): Cells | undefined {
  if (Array.isArray(data)) return fromRecords(data);
  if (!isRecord(data)) return undefined;
  const coco = fromCoco(data);
  if (coco) return coco;
  const entries = Object.entries(data);
  // {"train": [...], "val": [...]} says parts, not labels
  if (entries.every(([key]) => partOf(key) !== undefined)) return undefined;
  // {"cat": ["1.jpg", "2.jpg"]}
  if (
    entries.length > 1 &&
    entries.every(([, value]) => Array.isArray(value) && value.every((item) => typeof item === "string"))
  )
    return {
      columns: ["file", "label"],
      rows: entries.flatMap(([label, files]) =>
        Array.isArray(files) ? files.map((file) => [cell(file), label]) : [],
      ),
    };
  // {"1.jpg": {"label": "cat"}}
  if (entries.length > 0 && entries.every(([, value]) => isRecord(value)))
    return fromRecords(entries.map(([file, value]) => ({ file, ...(isRecord(value) ? value : {}) })));
  // {"1.jpg": "cat"}
  return { columns: ["file", "label"], rows: entries.map(([file, label]) => [file, cell(label)]) };
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** [file, label, file, label …] */
function fromPairs(cells: readonly string[]): Cells | undefined {
  const rows = Array.from({ length: cells.length / 2 }, (_, at) => cells.slice(2 * at, 2 * at + 2));
  return rows.length === 0 ? undefined : { columns: undefined, rows };
}

function fromText(text: string): Cells | undefined {
  // what a spreadsheet writes first for itself
  const { data } = Papa.parse<string[]>(text.replace(/^\ufeff?sep=.\r?\n/, ""), { skipEmptyLines: "greedy" });
  // "1.jpg cat": a list with spaces between
  if (data.every((row) => row.length < 2))
    return fromPairs(data.flatMap(([line = ""]) => /^(\S.*?)\s+(\S+)$/.exec(line.trim())?.slice(1) ?? []));
  const rows = data.filter((row) => row.length > 1).map((row) => row.map((value) => value.trim()));
  return rows.length === 0 ? undefined : { columns: undefined, rows };
}

/**
 * Reads comma-, semicolon- or tab-separated values, JSON (a list of objects, {file: label}, {label: [files]}, COCO) and JSON
 * Lines; which it is, the text itself says.
 * @returns undefined for what is no table.
 */
export function parseLabelTable(name: string, folder: string, text: string): LabelTable | undefined {
  const start = text.trimStart();
  let cells: Cells | undefined;
  if (start.startsWith("[") || start.startsWith("{")) {
    const whole = parsed(text);
    cells = whole === undefined ? fromRecords(start.split(/\r?\n/).map(parsed)) : fromJson(whole);
  } else cells = fromText(text);
  return cells === undefined || cells.rows.length === 0 ? undefined : { name, folder, ...cells };
}
