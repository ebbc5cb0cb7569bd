import { nameFew } from "../../name-few.ts";
import { visibleText } from "../../visible-text.ts";
import { counted, verb } from "../count-words.ts";
import { groupBy } from "../groups.ts";
import type { LabelTable } from "./label-table.ts";
import { ImageNames, matchTable, type TableMatch, type UnclearTable } from "./match-table.ts";
import { type View, withNote, withSkipped } from "./reading.ts";

/** Labels by path, read from one file or from several of one name (a _classes.csv in each part). */
export interface TableLabels {
  readonly labels: ReadonlyMap<string, string>;
  /** For people: "train/_classes.csv". */
  readonly names: readonly string[];
  readonly column: string;
  readonly unclear: ReadonlySet<string>;
  readonly missing: number;
}

const isMatch = (match: TableMatch | UnclearTable): match is TableMatch => "labels" in match;

function join(matches: readonly TableMatch[]): TableLabels {
  const labels = new Map<string, string>();
  const unclear = new Set(matches.flatMap((match) => [...match.unclear]));
  for (const match of matches)
    for (const [path, label] of match.labels) {
      if ((labels.get(path) ?? label) !== label) unclear.add(path);
      labels.set(path, label);
    }
  for (const path of unclear) labels.delete(path);
  return {
    labels,
    names: matches.map(({ table }) => table.name),
    column: matches[0]?.column ?? "",
    unclear,
    missing: matches.reduce((sum, match) => sum + match.missing, 0),
  };
}

/** True for tables with the same column for their labels, which name different images. */
function areOfOneKind(some: readonly TableMatch[], others: readonly TableMatch[]): boolean {
  const named = new Set(some.flatMap(({ labels }) => [...labels.keys()]));
  return (
    some[0]?.column === others[0]?.column &&
    others.every(({ labels }) => [...labels.keys()].every((path) => !named.has(path)))
  );
}

/** What tables say of these images: their labels, best first, and tables whose column a person must choose. */
export function matchTables(
  tables: readonly LabelTable[],
  images: readonly string[],
  column?: string,
): { readonly found: readonly TableLabels[]; readonly unclear: readonly UnclearTable[] } {
  // most data sets have none, and ten thousand images then need no names to be found by
  if (tables.length === 0) return { found: [], unclear: [] };
  const names = new ImageNames(images);
  const matches = tables.flatMap((table) => matchTable(table, names, column) ?? []);
  const fileName = ({ table }: TableMatch): string =>
    table.name.slice(table.name.lastIndexOf("/") + 1).toLowerCase();
  const byName = [...groupBy(matches.filter(isMatch), fileName).values()];
  // train.csv and test.csv, each about its own images
  const groups: TableMatch[][] = [];
  for (const group of byName) {
    const same = groups.find((others) => areOfOneKind(others, group));
    if (same) same.push(...group);
    else groups.push([...group]);
  }
  return {
    found: groups.map(join).sort((a, b) => b.labels.size - a.labels.size),
    unclear: matches.flatMap((match) => (isMatch(match) ? [] : [match])),
  };
}

/** Says what was read, and which images have no label by it. */
export function noteTable(view: View, from: TableLabels, unlabelled: readonly string[]): View {
  const name = nameFew(from.names, 3);
  const classes = new Set(from.labels.values()).size;
  const column = from.column === "" ? "" : `, column ${visibleText(from.column)}`;
  let after = withNote(
    view,
    "labels-from-file",
    `the labels are read from ${name}${column}: ${counted(classes, "class")}`,
  );
  const [example] = unlabelled;
  if (example !== undefined)
    after = withNote(
      withSkipped(after, unlabelled, `without exactly one label in ${name}`),
      "unlabelled-images",
      `${counted(unlabelled.length, "image")} ${verb(unlabelled.length, "has", "have")} no label in ${name}, or more than one, and ${verb(unlabelled.length, "is", "are")} left out, such as ${visibleText(example)}`,
    );
  if (from.missing > 0)
    after = withNote(
      after,
      "labels-without-image",
      `${counted(from.missing, "row")} of ${name} ${verb(from.missing, "names an image that is", "name images that are")} missing`,
    );
  return after;
}
