import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { CoreError } from "@graft/core";
import { makeFolder, placeOnDisk } from "@graft/core/node";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
import { fromPglite } from "pg-boss";
import { MIGRATION_SETTINGS } from "./migrate.ts";
import type { Store } from "./store.ts";

/**
 * The embedded store of a folder, which one process has at a time: nothing else guards it.
 * @throws CoreError `conflict` with the other process's number.
 */
export async function openPglite(
  folder: string,
  _options: { readonly onNotice: (notice: string) => void },
): Promise<Omit<Store, "repository">> {
  await makeFolder(folder);
  const { folder: place, path } = placeOnDisk(join(folder, "store.lock"));
  const lock = await place.lock(path);
  if ("holder" in lock) {
    const what = "Another server has this home open.";
    throw new CoreError(
      "conflict",
      { what, received: `${folder}, held by ${lock.holder}`, fix: "Stop it first, or use another `home`." },
      { facts: { pid: lock.pid } },
    );
  }
  const name = join(folder, "store");
  try {
    const client = await PGlite.create(name);
    const database = drizzle({ client });
    await migrate(database, MIGRATION_SETTINGS);
    return {
      kind: "pglite",
      name,
      database,
      queue: { db: fromPglite(client), backend: "pglite", useListenNotify: true },
      async [Symbol.asyncDispose]() {
        try {
          await client.close();
        } finally {
          await lock.release();
        }
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}
