import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { PGlite } from "@electric-sql/pglite";
import { CoreError } from "@graft/core";
import { drizzle } from "drizzle-orm/pglite";
import { copyStore } from "../copy/copy-store.ts";
import { migrate } from "../migrate.ts";
import type { OpenOptions } from "../store.ts";
import { openEngine, POSTGRES_MAJOR } from "./engine.ts";
import { copyStoreFolder, MOVED, nameBefore, takeName } from "./named-folders.ts";
import { newStore } from "./prepared-store.ts";

/** Opens a data folder of an earlier PostgreSQL. */
type OlderEngine = (folder: string) => Promise<PGlite>;

/**
 * By PostgreSQL's version: a PGlite of each that graft has had before, under a name of its own in package.json
 * (`"pglite-18": "npm:@electric-sql/pglite@0.5.8"`). None yet: the first one to come is today's, when PGlite's version rises.
 */
const OLDER_ENGINES: ReadonlyMap<string, OlderEngine> = new Map();

/** Lets what was moved take the store's name, also after a start that was killed in between. */
export async function finishMove(folder: string): Promise<string | undefined> {
  if (!existsSync(join(folder, MOVED))) return undefined;
  const before = nameBefore();
  const isOldThere = existsSync(join(folder, "store"));
  if (isOldThere) await rename(join(folder, "store"), join(folder, before));
  await rename(join(folder, MOVED), join(folder, "store"));
  return isOldThere ? join(folder, before) : undefined;
}

/** The rows of a store of an earlier PostgreSQL, in this version's form, into a new store of this one. */
async function copyRows(folder: string, open: OlderEngine, options: OpenOptions): Promise<void> {
  // its form changes, and what it was is to stay as it was
  const old = await open(await copyStoreFolder(folder, "store.copy", options));
  try {
    await migrate(drizzle({ client: old }), join(folder, "store"), { folder: options.migrations });
    await newStore(join(folder, "store.new"));
    const client = await openEngine(join(folder, "store.new"), options);
    try {
      const name = join(folder, "store.new");
      await copyStore({ database: drizzle({ client: old }) }, { database: drizzle({ client }), name });
    } finally {
      await client.close();
    }
  } finally {
    await old.close();
  }
}

/**
 * Brings the store of an earlier PostgreSQL, which this one cannot open, into a folder that it can.
 * @param major of the store.
 * @throws CoreError `unsupported` for a version that no engine is at hand for.
 */
export async function moveToThisMajor(folder: string, major: string, options: OpenOptions): Promise<void> {
  const open = (options.olderEngines ?? OLDER_ENGINES).get(major);
  if (!open)
    throw new CoreError("unsupported", {
      what: `The store ${join(folder, "store")} is of another version of PostgreSQL.`,
      ...{ received: `version ${major}`, expected: `version ${POSTGRES_MAJOR}` },
      fix: "Use the graft that wrote it: copy its rows to a PostgreSQL server with it, and back with this one.",
    });
  await copyRows(folder, open, options);
  await takeName(folder, "store.new", MOVED, options);
  const before = await finishMove(folder);
  await rm(join(folder, "store.copy"), { recursive: true });
  options.onNotice(`The store was moved to a newer PostgreSQL. What it was before is kept as ${before}.`);
}
