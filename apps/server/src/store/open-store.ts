import { join } from "node:path";
import { CoreError } from "@graft/core";
import { openPglite } from "./embedded/open-pglite.ts";
import { openPostgres } from "./open-postgres.ts";
import { Patience } from "./patience.ts";
import { sqlRepository } from "./repository/repository.ts";
import type { Store, StoreOptions } from "./store.ts";

/**
 * Opens the store and brings it into this version's form.
 * @throws CoreError `bad-input` without a place, `conflict` while another process has it, `unsupported` for a newer graft's, `unreadable` when the database
 *   cannot be reached.
 */
export async function openStore({ home, url, isSynced, onNotice = () => {} }: StoreOptions): Promise<Store> {
  if (url === undefined && home === undefined) {
    const what = "There is no place for the store.";
    throw new CoreError("bad-input", {
      what,
      fix: "Give a `home`, or the address of a PostgreSQL database.",
    });
  }
  const opened =
    url === undefined
      ? await openPglite(join(home ?? "", "server"), { onNotice, isSynced })
      : await openPostgres(url, { onNotice });
  const patience = new Patience();
  return { ...opened, patience, repository: sqlRepository(opened.database, patience) };
}
