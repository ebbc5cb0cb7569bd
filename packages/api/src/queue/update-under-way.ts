import { patiently } from "../runs/patient.ts";
import { UNDER_WAY } from "../runs/run-state.ts";

/** Changes the row of work that is under way, also where the store is away for a while, and tells who follows it. @returns whether it was. */
export async function updateUnderWay<Change>(
  {
    rows,
    changes,
  }: {
    readonly rows: { update(id: string, change: Change, from: typeof UNDER_WAY): Promise<boolean> };
    readonly changes: { changed(id: string): void };
  },
  id: string,
  change: Change,
): Promise<boolean> {
  const isThere = await patiently(() => rows.update(id, change, UNDER_WAY));
  changes.changed(id);
  return isThere;
}
