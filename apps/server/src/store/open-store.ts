import { join } from "node:path";
import { openPglite } from "./embedded/open-pglite.ts";
import { openPostgres } from "./open-postgres.ts";
import { sqlRepository } from "./repository/repository.ts";
import type { Store, StoreOptions } from "./store.ts";

/**
 * Opens the store and brings it into this version's form.
 * @throws CoreError `conflict` while another process has it, `unsupported` for a newer graft's, `unreadable` when the database
 *   cannot be reached.
 */
export async function openStore({ home, url, onNotice = () => {} }: StoreOptions): Promise<Store> {
  const opened =
    url === undefined
      ? await openPglite(join(home ?? ".", "server"), { onNotice })
      : await openPostgres(url, { onNotice });
  return { ...opened, repository: sqlRepository(opened.database) };
}
