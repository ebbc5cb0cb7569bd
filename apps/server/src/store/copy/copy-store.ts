import { STORE_ID } from "@graft/api";
import { eq } from "drizzle-orm";
import type { Database } from "../database.ts";
import * as schema from "../schema/index.ts";
import type { Store } from "../store.ts";
import { storeError } from "../store-error.ts";
import type { CopiedTable } from "./counted-rows.ts";
import { type CopyOptions, fillTable } from "./fill-table.ts";
import { checkNoRows, readRows } from "./table-rows.ts";
import { COPIED_TABLES } from "./tables.ts";

export interface StoreCopyOptions extends CopyOptions {
  /**
   * Both are one store to the place of its blobs, which is marked with its id: for a copy that takes the other's place. The
   * id of the target stays else, and the place is still the other's. @default true
   */
  readonly takesId?: boolean;
}

async function copyId(from: Database, to: Database): Promise<void> {
  const { leases } = schema;
  const [id] = await from.select().from(leases).where(eq(leases.name, STORE_ID));
  if (id) await to.insert(leases).values(id).onConflictDoUpdate({ target: leases.name, set: id });
}

/**
 * Copies every row from one store into another, empty one, wholly or not at all: of one moment of the source, read again and
 * compared. Jobs of the queue are no rows of the store: a server submits those of queued runs when it starts.
 * @returns what was copied, table by table.
 * @throws CoreError `conflict` for a target that is not empty, `corrupt` when other rows come out than went in, `cancelled`.
 */
export async function copyStore(
  from: Pick<Store, "database">,
  to: Pick<Store, "database" | "name">,
  options: StoreCopyOptions = {},
): Promise<readonly CopiedTable[]> {
  const oneMoment = { isolationLevel: "repeatable read", accessMode: "read only" } as const;
  try {
    return await from.database.transaction(
      (source) =>
        to.database.transaction(async (target) => {
          await checkNoRows(target, to.name);
          const copied: CopiedTable[] = [];
          for (const shape of COPIED_TABLES)
            copied.push(await fillTable(target, shape, readRows(source, shape), options));
          if (options.takesId ?? true) await copyId(source, target);
          return copied;
        }),
      oneMoment,
    );
  } catch (error) {
    throw storeError(error);
  }
}
