import { basename, resolve } from "node:path";
import { CoreError } from "../errors.ts";
import { openLabelsFrom, tableInside, tableReader } from "./label-files-node.ts";
import { findLayout } from "./layout/find-layout.ts";
import type { LabelsFrom } from "./layout/labels-from.ts";
import { type ListPathOptions, listPath } from "./list-path-node.ts";
import type { ListedFile, Listing } from "./listing.ts";

/** A data set by its names and tables: no picture was looked at. What was unpacked may go when it is disposed of. */
export interface ListedDataset extends AsyncDisposable, Pick<Listing, "broken" | "closed" | "notes"> {
  /** All that there is to look at; with them a table that was given and lies elsewhere, under a name of its own. */
  readonly files: readonly ListedFile[];
  /** Where the labels are, as it was given; a table's path is its name among the files. */
  readonly labelsFrom: LabelsFrom | undefined;
  /** The class of a file, if it has one; undefined where a training would refuse the folders as they are. */
  readonly labelOf: ((path: string) => string | undefined) | undefined;
}

/** A name that no file has: labels.csv, "labels 2.csv". */
function freeName(name: string, files: readonly ListedFile[]): string {
  const taken = new Set(files.map(({ path }) => path));
  const [, stem = "", ending = ""] = /^(.*?)(\.[^.]*)?$/.exec(name) ?? [];
  for (let number = 1; ; number++) {
    const free = number === 1 ? name : `${stem} ${number}${ending}`;
    if (!taken.has(free)) return free;
  }
}

async function classesOf(
  source: string,
  listing: Listing,
  labelsFrom: LabelsFrom | undefined,
): Promise<ListedDataset["labelOf"]> {
  const tables = tableReader(listing, labelsFrom);
  try {
    // who says where the labels are may mean pictures of one class
    const purpose = labelsFrom ? "score" : "train";
    const { placed } = await findLayout(source, listing, { purpose, labelsFrom, tables });
    return (path) => placed.get(path)?.label;
  } catch (error) {
    const isRefused = error instanceof CoreError && error.code === "bad-input";
    if (!isRefused || labelsFrom) throw error;
    return undefined;
  }
}

/**
 * Lists a folder or an archive as `openDataset` opens it, for who looks at its pictures elsewhere.
 * @param options.labelsFrom as in `openDataset`.
 * @throws CoreError as `listPath`; as `openDataset` for labels that are not where they were said to be.
 */
export async function listDataset(
  name: string,
  options: ListPathOptions & { readonly labelsFrom?: string | undefined },
): Promise<ListedDataset> {
  const listing = await listPath(name, options);
  const dispose = async (): Promise<void> => listing.lease?.[Symbol.asyncDispose]();
  try {
    const given = await openLabelsFrom(options.labelsFrom);
    const { broken, closed, notes = [] } = listing;
    const listed = { broken, closed, notes, labelOf: await classesOf(name, listing, given) };
    if (given?.type !== "file")
      return { ...listed, files: listing.files, labelsFrom: given, [Symbol.asyncDispose]: dispose };
    const inside = await tableInside(listing, given.path);
    const table = inside ?? {
      path: freeName(basename(given.path), listing.files),
      location: resolve(given.path),
    };
    return {
      ...{ ...listed, files: inside ? listing.files : [...listing.files, table] },
      labelsFrom: { ...given, path: table.path },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}
