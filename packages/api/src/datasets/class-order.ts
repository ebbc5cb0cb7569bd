import { byCodeUnit, CoreError } from "@graft/core";
import type { ClassChange, ClassRow } from "../ports/rows.ts";

/** In the order in which they stand, numbered from 0 without gaps. */
const numbered = (classes: readonly ClassRow[]): readonly ClassRow[] =>
  classes.map((row, position) => (row.position === position ? row : { ...row, position }));

const isSorted = (classes: readonly ClassRow[]): boolean =>
  classes.every(({ name }, at) => at === 0 || byCodeUnit(classes[at - 1]?.name ?? "", name) <= 0);

/**
 * With new ones among them. Classes that stand in the order of their names, as core puts them, go on doing so; where a person
 * has put them otherwise, new ones go to the end.
 */
function joined(classes: readonly ClassRow[], added: readonly ClassRow[]): readonly ClassRow[] {
  const all = [...classes, ...added];
  return numbered(isSorted(classes) ? all.sort((a, b) => byCodeUnit(a.name, b.name)) : all);
}

function taken(name: string): CoreError {
  return new CoreError("conflict", {
    what: `There is a class of this name already.`,
    received: JSON.stringify(name),
    fix: "Choose another name, or merge the two classes.",
  });
}

/** @throws CoreError `not-found`. */
export function classOf(classes: readonly ClassRow[], id: string): ClassRow {
  const found = classes.find((row) => row.id === id);
  if (found !== undefined) return found;
  throw new CoreError("not-found", {
    what: "There is no such class in this data set.",
    received: id,
    fix: "Look at its classes again: somebody may have merged it.",
  });
}

/** @param added ids and names. @throws CoreError `conflict` for a name that is there. */
export function addClasses(
  classes: readonly ClassRow[],
  added: readonly Pick<ClassRow, "id" | "dataset" | "name">[],
): readonly ClassRow[] {
  const names = new Set(classes.map(({ name }) => name));
  for (const { name } of added) {
    if (names.has(name)) throw taken(name);
    names.add(name);
  }
  return joined(
    classes,
    added.map((row) => ({ ...row, position: -1, isOff: false })),
  );
}

/** @throws CoreError `not-found`, `conflict` for a name that another one has. */
export function renameClass(classes: readonly ClassRow[], id: string, name: string): readonly ClassRow[] {
  const row = classOf(classes, id);
  if (classes.some((other) => other.name === name && other.id !== id)) throw taken(name);
  if (row.name === name) return classes;
  const renamed = { ...row, name };
  if (!isSorted(classes)) return classes.map((each) => (each.id === id ? renamed : each));
  return joined(
    classes.filter((each) => each.id !== id),
    [renamed],
  );
}

/** @throws CoreError `not-found`. */
export function switchClass(classes: readonly ClassRow[], id: string, isOff: boolean): readonly ClassRow[] {
  const row = classOf(classes, id);
  return row.isOff === isOff ? classes : classes.map((each) => (each === row ? { ...each, isOff } : each));
}

/** @param ids all of them, each once. @throws CoreError `not-found`, `bad-input`. */
export function reorderClasses(classes: readonly ClassRow[], ids: readonly string[]): readonly ClassRow[] {
  const rows = [...new Set(ids)].map((id) => classOf(classes, id));
  if (rows.length === classes.length && ids.length === classes.length) return numbered(rows);
  throw new CoreError("bad-input", {
    what: "The order does not name every class of the data set once.",
    received: `${ids.length} ids of ${rows.length} classes`,
    expected: `${classes.length} ids`,
    fix: "Look at its classes again: somebody may have added or merged some.",
  });
}

export function removeClasses(classes: readonly ClassRow[], ids: ReadonlySet<string>): readonly ClassRow[] {
  return numbered(classes.filter(({ id }) => !ids.has(id)));
}

/** Puts a class to a place, or to the end where there are fewer. */
export function insertClass(classes: readonly ClassRow[], row: ClassRow): readonly ClassRow[] {
  return numbered(classes.toSpliced(Math.min(row.position, classes.length), 0, row));
}

const stateOf = ({ name, position, isOff }: ClassRow): NonNullable<ClassChange["after"]> => ({
  ...{ name, position, isOff },
});

/** What makes the second of the first, as an edit keeps it. */
export function classChanges(
  before: readonly ClassRow[],
  after: readonly ClassRow[],
): readonly ClassChange[] {
  const [from, to] = [before, after].map((rows) => new Map(rows.map((row) => [row.id, stateOf(row)])));
  return [...new Set([...before, ...after].map(({ id }) => id))].flatMap((id) => {
    const change = { class: id, before: from?.get(id) ?? null, after: to?.get(id) ?? null };
    return JSON.stringify(change.before) === JSON.stringify(change.after) ? [] : [change];
  });
}
