import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { packageFolder } from "@graft/core/node";
import { drizzle } from "drizzle-orm/pglite";
import { PgBoss } from "pg-boss";
import { ensureQueue } from "../../queue/ensure-queue.ts";
import { pgliteConnection } from "../../queue/pglite-connection.ts";
import { MIGRATIONS, migrate } from "../migrate.ts";
import type { QueueDatabase } from "../store.ts";
import { openEngine, versionOf } from "./engine.ts";
import { unpackFolder } from "./tar.ts";

/** Where `scripts/build-store.ts` puts it. */
export const ASSETS = join(packageFolder(import.meta.dirname), "assets");

/** Raised when {@link makeStore} makes something else of the same versions and migrations. */
const FORM = 3;

/** What a new, empty store is made from, as a name. */
export function storeKey(): string {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([FORM, versionOf("@electric-sql/pglite"), versionOf("pg-boss")]));
  for (const name of readdirSync(MIGRATIONS).sort())
    if (name.endsWith(".sql")) hash.update(name).update(readFileSync(join(MIGRATIONS, name)));
  return hash.digest("hex").slice(0, 16);
}

export const preparedPath = (key: string): string => join(ASSETS, `store-${key}.tar.gz`);

/** Makes the queue and its tables, most of the time of its first start. */
export async function makeQueue(database: QueueDatabase): Promise<void> {
  const queue = new PgBoss({ ...database, useListenNotify: false, schedule: false, supervise: false });
  await queue.start();
  await ensureQueue(queue);
  await queue.stop({ graceful: false });
}

/**
 * Makes a new, empty store with the queue's tables, which takes seconds and some 800 MB of memory.
 * @param folder is not there yet.
 */
export async function makeStore(folder: string): Promise<void> {
  const client = await openEngine(folder, { isSynced: false });
  try {
    await migrate(drizzle({ client }), folder);
    await makeQueue({ db: pgliteConnection(client), backend: "pglite", useListenNotify: true });
    // other databases are made from these, and here there are none: half the files and a third of the bytes
    await client.exec("update pg_database set datistemplate = false where datname like 'template%'");
    for (const name of ["template0", "template1"]) await client.query(`drop database ${name}`);
    await client.query("vacuum analyze");
    await client.query("checkpoint");
  } finally {
    await client.close();
  }
}

/**
 * A new, empty store: the prepared one of this version, else made.
 * @param folder is not there yet.
 */
export async function newStore(folder: string): Promise<void> {
  const path = preparedPath(storeKey());
  if (!existsSync(path)) return makeStore(folder);
  try {
    unpackFolder(gunzipSync(readFileSync(path)), folder);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
