import type { ClassChange, EditRepository, EditRow, ImageChange } from "@graft/api";
import { CoreError } from "@graft/core";
import { and, desc, eq, sql } from "drizzle-orm";
import { atomically, type Database, inBatches, isOneOf } from "../database.ts";
import { BY_NUMBER, below, readPage } from "../page.ts";
import { classes, datasets, edits, images } from "../schema/index.ts";
import { sqlState } from "../store-error.ts";
import { checkClasses, dealParts, lockDataset } from "./changes.ts";

const CHANGED_ROWS = 2000;

/** A picture that was deleted since stays away. */
async function changeImages(tx: Database, dataset: string, changes: readonly ImageChange[]): Promise<void> {
  for await (const some of inBatches(changes, CHANGED_ROWS)) {
    const values = JSON.stringify(some.map(({ image, after }) => ({ ...after, image })));
    await tx
      .update(images)
      .set({ class: sql`after.class`, use: sql`after.use`, reason: sql`after.reason` })
      .from(sql`json_to_recordset(${values}::json) as after(image text, class text, use text, reason text)`)
      .where(and(eq(images.dataset, dataset), sql`${images.id} = after.image`));
  }
}

async function changeClasses(
  tx: Database,
  dataset: string,
  changes: readonly ClassChange[],
  between: () => Promise<void>,
): Promise<void> {
  for (const { class: id, after } of changes) {
    if (!after) continue;
    await tx
      .insert(classes)
      .values({ ...after, id, dataset })
      .onConflictDoUpdate({ target: classes.id, set: after, setWhere: eq(classes.dataset, dataset) });
  }
  await between();
  const removed = changes.filter(({ after }) => after === null).map((change) => change.class);
  if (removed.length > 0)
    await tx.delete(classes).where(and(eq(classes.dataset, dataset), isOneOf(classes.id, removed)));
  if (changes.length > 0) await checkClasses(tx, dataset);
}

/** Pictures and classes that do not fit: some came, or a class went, since the edit was thought out. */
function ofPictures(error: unknown): unknown {
  if (sqlState(error) !== "23503") return error;
  const what = "Pictures came to a class, or a class went, meanwhile.";
  return new CoreError("conflict", { what, fix: "Look at the classes again." }, { cause: error });
}

async function mark(tx: Database, { dataset, kind, of }: EditRow): Promise<void> {
  if (of === null || (kind !== "undo" && kind !== "redo")) return;
  await tx
    .update(edits)
    .set({ isUndone: kind === "undo" })
    .where(and(eq(edits.dataset, dataset), eq(edits.number, of)));
}

export function editRepository(db: Database): EditRepository {
  return {
    apply: (edit, parts) =>
      atomically(db, async (tx) => {
        const { dataset, number, at } = edit;
        const { lastEdit } = await lockDataset(tx, dataset);
        if (number !== lastEdit + 1)
          throw new CoreError("conflict", {
            what: "Somebody else has changed this data set meanwhile.",
            received: `edit ${number} after edit ${lastEdit}`,
            fix: "Look at it again, then repeat what you did.",
          });
        await tx.insert(edits).values(edit);
        await mark(tx, edit);
        await changeClasses(tx, dataset, edit.classes, () => changeImages(tx, dataset, edit.images)).catch(
          (error: unknown) => {
            throw ofPictures(error);
          },
        );
        await dealParts(tx, dataset, parts, { isWhole: false });
        await tx.update(datasets).set({ lastEdit: number, changedAt: at }).where(eq(datasets.id, dataset));
      }),
    async get(dataset, number) {
      return (
        await db
          .select()
          .from(edits)
          .where(and(eq(edits.dataset, dataset), eq(edits.number, number)))
      )[0];
    },
    page: (dataset, request) =>
      readPage(request, { schema: BY_NUMBER, of: ({ number }) => [number] }, (after, limit) =>
        db
          .select()
          .from(edits)
          .where(and(eq(edits.dataset, dataset), below([edits.number], after)))
          .orderBy(desc(edits.number))
          .limit(limit),
      ),
  };
}
