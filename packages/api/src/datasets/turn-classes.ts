import type { ClassRow } from "../ports/rows.ts";
import { insertClass, removeClasses } from "./class-order.ts";

type State = Pick<ClassRow, "name" | "position" | "isOff">;

/** A class that is to go from one state to another; null: it is not there. */
export interface Turn {
  readonly id: string;
  readonly from: State | null;
  readonly to: State | null;
}

/** Classes by position, and how many of a step's turns others had made impossible. */
export interface Turned {
  readonly classes: readonly ClassRow[];
  readonly missed: number;
}

const has = (classes: readonly ClassRow[], id: string): boolean => classes.some((row) => row.id === id);
const isFree = (classes: readonly ClassRow[], name: string, id: string): boolean =>
  classes.every((row) => row.name !== name || row.id === id);

/** Each turn that `step` can do, one after the other. @param step undefined: it cannot. */
function each<T>(
  classes: readonly ClassRow[],
  turns: readonly T[],
  step: (classes: readonly ClassRow[], turn: T) => readonly ClassRow[] | undefined,
): Turned {
  let now = classes;
  let missed = 0;
  for (const turn of turns) {
    const next = step(now, turn);
    if (next === undefined) missed++;
    else now = next;
  }
  return { classes: now, missed };
}

/** Classes that are to come back do so, to their places, unless another has their name by now. */
export function bringBack(classes: readonly ClassRow[], turns: readonly Turn[], dataset: string): Turned {
  const back = turns.flatMap(({ id, from, to }) =>
    from === null && to !== null ? [{ id, dataset, ...to }] : [],
  );
  return each(
    classes,
    back.sort((a, b) => a.position - b.position),
    (now, row) => (has(now, row.id) || !isFree(now, row.name, row.id) ? undefined : insertClass(now, row)),
  );
}

/** Names and switches, of classes that still have those that are to go. */
export function change(classes: readonly ClassRow[], turns: readonly Turn[]): Turned {
  const changes = turns.flatMap(({ id, from, to }) =>
    from && to && (from.name !== to.name || from.isOff !== to.isOff) ? [{ id, from, to }] : [],
  );
  return each(classes, changes, (now, { id, from, to }) => {
    const row = now.find((one) => one.id === id);
    if (row === undefined) return undefined;
    const isRenamed = from.name !== to.name;
    const isSwitched = from.isOff !== to.isOff;
    if (isRenamed && (row.name !== from.name || !isFree(now, to.name, id))) return undefined;
    if (isSwitched && row.isOff !== from.isOff) return undefined;
    const name = isRenamed ? to.name : row.name;
    const isOff = isSwitched ? to.isOff : row.isOff;
    return now.map((one) => (one === row ? { ...row, name, isOff } : one));
  });
}

/** Classes that are to go do so, where no picture is in them. */
export function takeAway(
  classes: readonly ClassRow[],
  turns: readonly Turn[],
  isEmpty: (id: string) => boolean,
): Turned {
  const away = turns.filter(({ from, to }) => from !== null && to === null);
  return each(classes, away, (now, { id }) =>
    has(now, id) && isEmpty(id) ? removeClasses(now, new Set([id])) : undefined,
  );
}

/**
 * The order among the classes that are to stand otherwise, where it is still the one that is to go. Where classes come or go
 * nothing is to do: the others moved with them.
 */
export function arrange(classes: readonly ClassRow[], turns: readonly Turn[]): Turned {
  const places = turns.flatMap(({ id, from, to }) =>
    from && to ? [{ id, from: from.position, to: to.position }] : [],
  );
  const moved = places.filter(({ from, to }) => from !== to);
  if (places.length < turns.length || moved.length === 0) return { classes, missed: 0 };
  const here = places.filter(({ id }) => has(classes, id));
  const inOrder = (by: "from" | "to"): readonly string[] =>
    here.toSorted((a, b) => a[by] - b[by]).map(({ id }) => id);
  const isOf = new Set(here.map(({ id }) => id));
  const now = classes.filter(({ id }) => isOf.has(id));
  if (now.map(({ id }) => id).join() !== inOrder("from").join()) return { classes, missed: moved.length };
  const rows = inOrder("to").flatMap((id) => now.find((row) => row.id === id) ?? []);
  const next = rows[Symbol.iterator]();
  const arranged = classes.map((row, position) => {
    const put = isOf.has(row.id) ? (next.next().value ?? row) : row;
    return put.position === position ? put : { ...put, position };
  });
  return { classes: arranged, missed: 0 };
}
