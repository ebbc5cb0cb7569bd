import { existsSync } from "node:fs";
import { chmod, cp, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { PGlite } from "@electric-sql/pglite";
import { CoreError } from "@graft/core";
import { makeFolder, placeOnDisk } from "@graft/core/node";
import { drizzle } from "drizzle-orm/pglite";
import { pgliteConnection } from "../../queue/pglite-connection.ts";
import { migrate, migrationState } from "../migrate.ts";
import type { OpenOptions, Store } from "../store.ts";
import { storeError } from "../store-error.ts";
import { openEngine, POSTGRES_MAJOR } from "./engine.ts";
import { newStore } from "./prepared-store.ts";

/** What a start that was killed leaves beside the store. */
const UNFINISHED = /^store\.(new|copy)$/;

/** @throws CoreError `conflict` with the other process's number. */
async function lockHome(folder: string): Promise<AsyncDisposable> {
  const { folder: place, path } = placeOnDisk(join(folder, "store.lock"));
  const lock = await place.lock(path);
  if (!("holder" in lock)) return lock;
  throw new CoreError(
    "conflict",
    {
      what: "Another server has this home open.",
      ...{
        received: `${folder}, which ${lock.holder} has`,
        fix: "Stop that one first, or use another `home`.",
      },
    },
    { facts: { pid: lock.pid } },
  );
}

/** @throws CoreError `unsupported`, `corrupt`. */
async function checkMajor(name: string): Promise<void> {
  const found = (await readFile(join(name, "PG_VERSION"), "utf8").catch(() => undefined))?.trim();
  if (found === POSTGRES_MAJOR) return;
  if (found === undefined)
    throw new CoreError("corrupt", {
      ...{ what: "The store's folder holds no store.", received: name },
      fix: "Bring back a copy of it, or move the folder away to begin with a new one.",
    });
  throw new CoreError("unsupported", {
    what: `The store ${name} is of another version of PostgreSQL.`,
    ...{ received: `version ${found}`, expected: `version ${POSTGRES_MAJOR}` },
    fix: "Use the graft that wrote it: copy its rows to a PostgreSQL server with it, and back with this one.",
  });
}

async function openFolder(name: string): Promise<PGlite> {
  try {
    return await openEngine(name);
  } catch (cause) {
    const what = "The store cannot be opened.";
    const fix = "Bring back a copy of it; see that there is room on the disk.";
    throw new CoreError("corrupt", { what, received: name, fix }, { cause });
  }
}

/** Its files while nobody has them open, under a name that says what they are. */
async function copyFolder(folder: string): Promise<string> {
  const unfinished = join(folder, "store.copy");
  await cp(join(folder, "store"), unfinished, { recursive: true, preserveTimestamps: true });
  const moment = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const copy = join(folder, `store.before-${moment}`);
  await rename(unfinished, copy);
  return copy;
}

/** A store that has rows is copied before its form changes. */
async function inThisForm(
  client: PGlite,
  folder: string,
  { onNotice, migrations }: OpenOptions,
): Promise<PGlite> {
  const name = join(folder, "store");
  const { isNew, pending } = await migrationState(drizzle({ client }), name, migrations);
  if (pending.length === 0) return client;
  let inUse = client;
  if (!isNew) {
    await client.close();
    onNotice(`The store gets a new form. What it was before is kept as ${await copyFolder(folder)}.`);
    inUse = await openFolder(name);
  }
  try {
    await migrate(drizzle({ client: inUse }), name, { folder: migrations });
    return inUse;
  } catch (error) {
    await inUse.close();
    throw error;
  }
}

/**
 * The embedded store of a folder, which one process has at a time: nothing else guards it.
 * @throws CoreError `conflict` with the other process's number, `unsupported` for a newer graft's, `corrupt`.
 */
export async function openPglite(folder: string, options: OpenOptions): Promise<Omit<Store, "repository">> {
  await makeFolder(folder);
  const lock = await lockHome(folder);
  const name = join(folder, "store");
  let client: PGlite | undefined;
  try {
    for (const left of (await readdir(folder)).filter((entry) => UNFINISHED.test(entry)))
      await rm(join(folder, left), { recursive: true });
    if (!existsSync(name)) {
      await newStore(join(folder, "store.new"));
      await rename(join(folder, "store.new"), name);
    }
    await checkMajor(name);
    // hashes of tokens, names of people: whatever rights a copy or a backup came with
    await chmod(name, 0o700);
    client = await openFolder(name);
    client = await inThisForm(client, folder, options);
  } catch (error) {
    if (client && !client.closed) await client.close();
    await lock[Symbol.asyncDispose]();
    throw storeError(error);
  }
  const opened = client;
  return {
    kind: "pglite",
    name,
    database: drizzle({ client: opened }),
    queue: { db: pgliteConnection(opened), backend: "pglite", useListenNotify: true },
    async [Symbol.asyncDispose]() {
      try {
        await opened.close();
      } finally {
        await lock[Symbol.asyncDispose]();
      }
    },
  };
}
