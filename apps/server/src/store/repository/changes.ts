import type { ClassRow, DatasetRow } from "@graft/api";
import { CoreError, type Part } from "@graft/core";
import { and, asc, eq, isNotNull, isNull, ne, or } from "drizzle-orm";
import { type Database, gone, inBatches, isOneOf } from "../database.ts";
import { classes, datasets, images } from "../schema/index.ts";

const PARTS: readonly Part[] = ["train", "validation", "test"];
/** Ids go as one parameter. */
const DEALT_ROWS = 5000;

/** Others that change the data set wait until the transaction ends. @throws CoreError `not-found`. */
export async function lockDataset(tx: Database, id: string): Promise<Pick<DatasetRow, "lastEdit" | "split">> {
  const [found] = await tx
    .select({ lastEdit: datasets.lastEdit, split: datasets.split })
    .from(datasets)
    .where(eq(datasets.id, id))
    .for("no key update");
  if (!found) throw gone("data set", id);
  return found;
}

/**
 * What holds for the classes of a data set after each change.
 * @returns them, by position. @throws CoreError `conflict`: whoever made the change knew other classes.
 */
export async function checkClasses(tx: Database, dataset: string): Promise<readonly ClassRow[]> {
  const rows = await tx
    .select()
    .from(classes)
    .where(eq(classes.dataset, dataset))
    .orderBy(asc(classes.position), asc(classes.id));
  const isInPlaces = rows.every(({ position }, index) => position === index);
  if (!isInPlaces || new Set(rows.map(({ name }) => name)).size < rows.length)
    throw new CoreError("conflict", {
      what: "The classes were changed by somebody else.",
      received: rows.map(({ name, position }) => `${position} ${name}`).join(", "),
      ...{ expected: "names that differ, at places from 0 without gaps", fix: "Look at them again." },
    });
  return rows;
}

/** @param options.isWhole pictures of the data set that are not named lose their side. */
export async function dealParts(
  tx: Database,
  dataset: string,
  parts: ReadonlyMap<string, Part>,
  { isWhole }: { readonly isWhole: boolean },
): Promise<void> {
  if (isWhole)
    await tx
      .update(images)
      .set({ part: null })
      .where(and(eq(images.dataset, dataset), isNotNull(images.part)));
  for (const part of PARTS) {
    const ids = [...parts].filter(([, of]) => of === part).map(([id]) => id);
    const isOther = or(isNull(images.part), ne(images.part, part));
    for await (const some of inBatches(ids, DEALT_ROWS))
      await tx
        .update(images)
        .set({ part })
        .where(and(eq(images.dataset, dataset), isOneOf(images.id, some), isOther));
  }
}
