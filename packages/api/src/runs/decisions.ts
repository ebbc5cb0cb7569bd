import type { DecisionRow } from "../ports/rows.ts";

/** What was decided about a run, as it counts now. */
export interface Decided {
  /** Undefined: nothing was decided, and the run has the name that it was made with. */
  readonly name: string | null | undefined;
  readonly note: string | null;
  /** Scores below it mean "not sure"; null: every answer counts. */
  readonly notSureBelow: number | null;
}

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);

/** @param rows of the data set, newest first. */
export function decidedOf(run: string, rows: readonly DecisionRow[]): Decided {
  const value = (kind: DecisionRow["kind"]): DecisionRow["value"] | undefined =>
    rows.find((row) => row.run === run && row.kind === kind && !row.isUndone)?.value;
  const name = value("name");
  const note = value("note");
  const below = value("not-sure-below");
  return {
    name: name === undefined ? undefined : textOf(name),
    note: textOf(note),
    notSureBelow: typeof below === "number" ? below : null,
  };
}

/**
 * The run that a project uses: the one that was chosen, or while none was, the newest that has a model.
 * @param rows of the data set, newest first.
 * @param newest that run.
 */
export function runInUse(rows: readonly DecisionRow[], newest: string | undefined): string | undefined {
  return rows.find(({ kind, isUndone }) => kind === "in-use" && !isUndone)?.run ?? newest;
}
