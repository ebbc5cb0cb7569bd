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

const markSchema = z.object({ store: z.string() });

function storeIn(text: string): string | undefined {
  try {
    return markSchema.parse(JSON.parse(text)).store;
  } catch {
    return undefined;
  }
}

/** Whose a place is to be. */
export interface PlaceClaim {
  /** Id of the store of rows. */
  readonly store: string;
  /** Id of the store that hands the place on, and is refused there from then on. */
  readonly from?: string | undefined;
}

/**
 * Takes a place for the blobs of one store of rows: a server removes blobs that no row of its own names, so two stores in one
 * bucket would empty each other.
 * @throws CoreError `conflict` for a place of another.
 */
export async function claimPlace({ store, from }: PlaceClaim, mark: PlaceMark): Promise<void> {
  const text = await mark.read();
  if (text !== undefined && storeIn(text) === store) return;
  if (text === undefined || (from !== undefined && storeIn(text) === from)) {
    const note =
      "The files here belong to this store of a graft server, which removes those that it does not need.";
    await mark.write(`${JSON.stringify({ store, note }, null, 2)}\n`);
    // another server may have begun at the same moment: one of the two finds the other's name
    if (storeIn((await mark.read()) ?? "") === store) return;
  }
  throw new CoreError("conflict", {
    what: "Another store of graft keeps its pictures and models there.",
    received: mark.place,
    expected: "a place of this store's own",
    fix: `Choose another folder, or another prefix in the bucket, for \`blobs\`. If that other store is gone for good, remove ${MARK_NAME} there.`,
  });
}
