import { open, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { CoreError } from "../errors.ts";
import { readFailure } from "../files/read-failure-node.ts";
import { codeOf } from "../files/system-error-node.ts";
import { visibleText } from "../visible-text.ts";
import { isTableName, type LabelTable, MOST_TABLE_BYTES, MOST_TABLES } from "./layout/label-table.ts";
import { type LabelsFrom, parseLabelsFrom } from "./layout/labels-from.ts";
import type { ListedFile, Listing } from "./listing.ts";
import { reasonOf } from "./walk-node.ts";

/** Text in UTF-8 or UTF-16 with a mark, else in Windows-1252, as old spreadsheets write it. */
function decodeText(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

async function readText(location: string): Promise<string | undefined> {
  const file = await open(location);
  try {
    if ((await file.stat()).size > MOST_TABLE_BYTES) return undefined;
    return decodeText(await file.readFile());
  } finally {
    await file.close();
  }
}

const SPREADSHEET = /\.(xlsx?|ods|numbers)$/i;

const withoutEnding = (path: string): string => path.replace(/\.[^./]*$/, "");

/** The library of tables is loaded with the first one: most data sets have none. */
async function parsedTable(name: string, folder: string, text: string): Promise<LabelTable | undefined> {
  const { parseLabelTable } = await import("./layout/parse-label-table.ts");
  return parseLabelTable(name, folder, text);
}

/** The tables that lie among the images, those nearest to the root first. */
async function tablesIn(listing: Listing): Promise<readonly LabelTable[]> {
  const depth = (path: string): number => path.split("/").length;
  const candidates = listing.files.filter(({ path }) => isTableName(path));
  if (candidates.length === 0) return [];
  // 1.json beside 1.jpg is about that image alone
  const images = new Set(
    listing.files.flatMap(({ path }) => (isTableName(path) ? [] : [withoutEnding(path)])),
  );
  const named = candidates
    .filter(({ path }) => !images.has(withoutEnding(path)))
    .sort((a, b) => depth(a.path) - depth(b.path))
    .slice(0, MOST_TABLES);
  const tables: LabelTable[] = [];
  for (const { path, location } of named) {
    const text = await readText(location).catch((error: unknown) => {
      // it may hold all labels: without it the folders would be taken for the classes
      throw readFailure(location, error);
    });
    const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
    const table = text === undefined ? undefined : await parsedTable(path, folder, text);
    if (table !== undefined) tables.push(table);
  }
  return tables;
}

/**
 * The table that a file is, whatever its name ends in.
 * @param listed the folder of its `path` is where paths in it may start.
 * @param called for errors.
 * @throws CoreError `not-found`, `bad-input` for a file that cannot be read or is no table.
 */
export async function tableOf({ path, location }: ListedFile, called = path): Promise<LabelTable> {
  const expected = "a .csv, .tsv, .json or .jsonl with a row for each image";
  const shown = visibleText(called);
  let text: string | undefined;
  try {
    text = await readText(location);
  } catch (error) {
    const isAbsent = ["ENOENT", "ENOTDIR"].includes(codeOf(error));
    const what = isAbsent
      ? `There is no label file ${shown}.`
      : `The label file ${shown} ${reasonOf(error)}.`;
    throw new CoreError("not-found", { what, expected }, { cause: error });
  }
  if (SPREADSHEET.test(path)) {
    const fix = "Save it as CSV in the program that made it, and give that file.";
    throw new CoreError("bad-input", {
      what: `${shown} is a spreadsheet, which graft cannot read.`,
      expected,
      fix,
    });
  }
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
  const table = text === undefined ? undefined : await parsedTable(path, folder, text);
  if (table !== undefined) return table;
  throw new CoreError("bad-input", { what: `graft finds no labels in ${shown}.`, expected });
}

/** What `--labels-from` means here. @param text as it was given; undefined: not at all. */
export async function openLabelsFrom(text: string | undefined): Promise<LabelsFrom | undefined> {
  if (text === undefined) return undefined;
  const isThere = (await stat(text).catch(() => undefined))?.isFile() ?? false;
  return parseLabelsFrom(text, () => isThere);
}

/**
 * Reads the tables that may say the labels: the one that was given, else those among the images.
 * A table that was given by its path inside the data set is taken from there.
 */
export function tableReader(
  listing: Listing,
  labelsFrom: LabelsFrom | undefined,
): () => Promise<readonly LabelTable[]> {
  let tables: Promise<readonly LabelTable[]> | undefined;
  return () => {
    tables ??= labelsFrom?.type === "file" ? given(listing, labelsFrom.path) : tablesIn(listing);
    return tables;
  };
}

/** A table that was given, among the files of a data set: by its path inside, or by where it lies; undefined: elsewhere. */
export async function tableInside(listing: Listing, path: string): Promise<ListedFile | undefined> {
  const isThere = (await stat(path).catch(() => undefined))?.isFile() ?? false;
  const inside = isThere ? undefined : listing.files.find((file) => file.path === path.replaceAll("\\", "/"));
  const location = resolve(path);
  return inside ?? listing.files.find((file) => file.location === location);
}

async function given(listing: Listing, path: string): Promise<readonly LabelTable[]> {
  const inside = await tableInside(listing, path);
  if (inside) return [await tableOf(inside)];
  return [await tableOf({ path: basename(path), location: path }, path)];
}
