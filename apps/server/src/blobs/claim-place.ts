import { CoreError } from "@graft/core";
import * as z from "zod";

/** Beside the blobs; no blob is called so. */
export const MARK_NAME = "graft-store.json";

/** Where a place of blobs says whose it is. */
export interface PlaceMark {
  /** For people. */
  readonly place: string;
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
}

const markSchema = z.object({
  store: z.string(),
  rows: z.string().optional(),
  /** Whose the place was before, and the day on which it was handed on. */
  moved: z.object({ from: z.string(), on: z.string() }).optional(),
});

type Mark = z.infer<typeof markSchema>;

function markIn(text: string): Mark | undefined {
  try {
    return markSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Whose a place is to be. */
export interface PlaceClaim {
  /** Id of the store of rows. */
  readonly store: string;
  /** Where that store is, for people. */
  readonly rows?: string | undefined;
  /** Id of the store that hands the place on, and is refused there from then on. */
  readonly from?: string | undefined;
}

/**
 * Takes a place for the blobs of one store of rows: a server removes blobs that no row of its own names, so two stores in one
 * bucket would empty each other.
 * @throws CoreError `conflict` for a place of another.
 */
export async function claimPlace({ store, rows, from }: PlaceClaim, mark: PlaceMark): Promise<void> {
  const text = await mark.read();
  let found = text === undefined ? undefined : markIn(text);
  if (found?.store === store) return;
  if (text === undefined || (from !== undefined && found?.store === from)) {
    const note =
      "The files here belong to this store of a graft server, which removes those that it does not need.";
    const moved = from === undefined ? undefined : { from, on: new Date().toISOString().slice(0, 10) };
    await mark.write(`${JSON.stringify({ store, rows, moved, note }, null, 2)}\n`);
    // another server may have begun at the same moment: one of the two finds the other's name
    found = markIn((await mark.read()) ?? "");
    if (found?.store === store) return;
  }
  throw found?.moved?.from === store ? movedAway(found, found.moved.on, mark) : ofAnother(found, mark);
}

const isPostgres = (rows: string): boolean => /^postgres:/.test(rows);

/** What comes is the old store, which stayed as it was when its rows were moved. */
function movedAway({ rows }: Mark, day: string, { place }: PlaceMark): CoreError {
  const received = `the old rows, with the pictures and models in ${place}`;
  if (rows === undefined || isPostgres(rows))
    return new CoreError("conflict", {
      what: `The rows of this home were moved to PostgreSQL on ${day}.`,
      ...{ received, expected: `the rows in ${rows ?? "that database"}` },
      fix: "Set DATABASE_URL to the address of that database. `graft server migrate-store --to home` brings them back.",
    });
  return new CoreError("conflict", {
    what: `The rows of this database were moved to a home's own store on ${day}.`,
    ...{ received, expected: `the rows in ${rows}` },
    fix: "Start without DATABASE_URL and with that `home`. `graft server migrate-store --to postgres://…` moves them to a database again.",
  });
}

function ofAnother(mark: Mark | undefined, { place }: PlaceMark): CoreError {
  const rows = mark?.rows;
  const use =
    rows === undefined
      ? ""
      : `${isPostgres(rows) ? "Set DATABASE_URL to that database" : "Use that store"}, or choose`;
  return new CoreError("conflict", {
    what: "Another store of graft keeps its pictures and models there.",
    received: rows === undefined ? place : `${place}, whose rows are in ${rows}`,
    expected: "a place of this store's own",
    fix: `${use || "Choose"} another folder, or another prefix in the bucket, for \`blobs\`. Only if the rows of that other store are gone for good, remove ${MARK_NAME} there.`,
  });
}
