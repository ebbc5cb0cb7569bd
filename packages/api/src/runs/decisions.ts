import type { DecisionRow } from "../ports/rows.ts";

/** What was decided about a run, as it counts now. */
export interface Decided {
  readonly name: string | null;
  readonly note: string | null;
  /** Scores below it mean "not sure"; null: every answer counts. */
  readonly notSureBelow: number | null;
}

/** @param rows of the data set, newest first. */
export function decidedOf(run: string, rows: readonly DecisionRow[]): Decided {
  const value = (kind: DecisionRow["kind"]): DecisionRow["value"] =>
    rows.find((row) => row.run === run && row.kind === kind && !row.isUndone)?.value ?? null;
  const text = (kind: DecisionRow["kind"]): string | null => {
    const given = value(kind);
    return typeof given === "string" ? given : null;
  };
  const below = value("not-sure-below");
  return {
    ...{ name: text("name"), note: text("note") },
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
