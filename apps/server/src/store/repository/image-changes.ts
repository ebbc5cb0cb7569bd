import type { ClassRow, ImageRepository, ImageRow } from "@graft/api";
import { CoreError } from "@graft/core";
import { and, eq, getTableColumns } from "drizzle-orm";
import { atomically, type Database, inBatches, isOneOf } from "../database.ts";
import { classes, datasets, images } from "../schema/index.ts";
import { nameBlobs } from "./blob-names.ts";
import { checkClasses, dealParts, lockDataset } from "./changes.ts";

/** An {@link ImageRow}'s. */
export const { folded: _, ...COLUMNS } = getTableColumns(images);

const REMOVED_ROWS = 1000;

/** For finding a part of a name in any case. */
export const folded = (text: string): string => text.normalize("NFC").toLowerCase();

async function addClasses(tx: Database, dataset: string, added: readonly ClassRow[]): Promise<Set<string>> {
  for await (const rows of inBatches(added))
    await tx
      .insert(classes)
      .values(rows.map((row) => ({ ...row, dataset })))
      .onConflictDoNothing({ target: classes.id });
  return new Set((await checkClasses(tx, dataset)).map(({ id }) => id));
}

async function addRows(tx: Database, dataset: string, rows: readonly ImageRow[]): Promise<void> {
  const added = await tx
    .insert(images)
    .values(rows.map((row) => ({ ...row, dataset, folded: folded(row.path) })))
    .onConflictDoNothing({ target: [images.dataset, images.path] })
    .returning({ path: images.path });
  if (added.length === rows.length) return;
  const hashes = new Map(rows.map(({ path, hash }) => [path, hash]));
  const there = await tx
    .select({ path: images.path, hash: images.hash })
    .from(images)
    .where(and(eq(images.dataset, dataset), isOneOf(images.path, [...hashes.keys()])));
  const other = there.find(({ path, hash }) => hashes.get(path) !== hash);
  if (other)
    throw new CoreError("conflict", {
      what: "Another picture of this name is in the data set.",
      ...{ received: other.path, fix: "Give it another name, or delete the one that is there." },
    });
}

export const addImages = (
  db: Database,
  dataset: string,
  added: Parameters<ImageRepository["add"]>[1],
): Promise<void> =>
  atomically(db, async (tx) => {
    const blobs = added.images.flatMap(({ hash, thumbnail }) =>
      thumbnail === null ? hash : [hash, thumbnail],
    );
    await nameBlobs(tx, blobs);
    await lockDataset(tx, dataset);
    const known = await addClasses(tx, dataset, added.classes);
    const lost = added.images.find((image) => image.class !== null && !known.has(image.class));
    if (lost)
      throw new CoreError("conflict", {
        what: "A class was removed while pictures came to it.",
        ...{ received: lost.path, fix: "Look at the classes again." },
      });
    for await (const rows of inBatches(added.images)) await addRows(tx, dataset, rows);
    await dealParts(tx, dataset, added.parts, { isWhole: false });
    const { split, notes, at } = added;
    await tx
      .update(datasets)
      .set({ changedAt: at, ...(split && { split }), ...(notes && { notes }) })
      .where(eq(datasets.id, dataset));
  });

export const removeImages = (
  db: Database,
  dataset: string,
  ids: readonly string[],
  at: number,
): Promise<readonly ImageRow[]> =>
  atomically(db, async (tx) => {
    await lockDataset(tx, dataset);
    const removed: ImageRow[] = [];
    for await (const some of inBatches(ids, REMOVED_ROWS))
      removed.push(
        ...(await tx
          .delete(images)
          .where(and(eq(images.dataset, dataset), isOneOf(images.id, some)))
          .returning(COLUMNS)),
      );
    await tx.update(datasets).set({ changedAt: at }).where(eq(datasets.id, dataset));
    return removed;
  });
