import { CoreError } from "@graft/core";
import type { Repository } from "../ports/repository.ts";
import type { ClassRow, DatasetRow, ImageRow } from "../ports/rows.ts";
import type { Frozen } from "./frozen.ts";

/** A data set as runs take it (`datasets/freeze.ts`). @throws CoreError `bad-input` for what cannot be trained on. */
export type FreezeDataset = (
  dataset: DatasetRow,
  classes: readonly ClassRow[],
  images: readonly ImageRow[],
) => Frozen;

/** Edits that may come between while it is read. */
const TRIES = 5;

/**
 * A data set as it is at one moment.
 * @returns with its row of that moment.
 * @throws CoreError `not-found`, `bad-input` for what cannot be trained on, `busy` while it is edited all the time.
 */
export async function freezeNow(
  { datasets, images }: Pick<Repository, "datasets" | "images">,
  id: string,
  freeze: FreezeDataset,
): Promise<{ readonly row: DatasetRow; readonly frozen: Frozen }> {
  for (let tries = 0; tries < TRIES; tries++) {
    const row = await datasets.get(id);
    if (!row) throw new CoreError("not-found", { what: "There is no such data set.", received: id });
    const classes = await datasets.classes(id);
    const all: ImageRow[] = [];
    for await (const some of images.all(id)) all.push(...some);
    const after = await datasets.get(id);
    if (after?.lastEdit !== row.lastEdit || after.changedAt !== row.changedAt) continue;
    const { dataset, split } = freeze(row, classes, all);
    return { row, frozen: { dataset, split } };
  }
  throw new CoreError("busy", {
    what: "The data set is being changed.",
    received: id,
    fix: "Train when the changes are in.",
  });
}
