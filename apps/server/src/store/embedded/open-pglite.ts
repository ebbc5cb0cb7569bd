import { existsSync } from "node:fs";
import { chmod, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { PGlite } from "@electric-sql/pglite";
import { CoreError } from "@graft/core";
import { makeFolder, placeOnDisk } from "@graft/core/node";
import { drizzle } from "drizzle-orm/pglite";
import { pgliteConnection } from "../../queue/pglite-connection.ts";
import { migrate, migrationState } from "../migrate.ts";
import type { OpenedDatabase, OpenOptions } from "../store.ts";
import { storeError } from "../store-error.ts";
import { type EngineOptions, openEngine, POSTGRES_MAJOR } from "./engine.ts";
import { LogReserve } from "./log-reserve.ts";
import { finishMove, moveToThisMajor } from "./move-major.ts";
import { copyStoreFolder, nameBefore, takeName, UNFINISHED } from "./named-folders.ts";
import { newStore } from "./prepared-store.ts";
import { keepUp } from "./upkeep.ts";

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

/** PostgreSQL's version of a data folder. @throws CoreError `corrupt`. */
async function majorOf(name: string): Promise<string> {
  const major = await readFile(join(name, "PG_VERSION"), "utf8").catch(() => undefined);
  if (major !== undefined) return major.trim();
  throw new CoreError("corrupt", {
    ...{ what: "The store's folder holds no store.", received: name },
    fix: "Bring back a copy of it, or move the folder away to begin with a new one.",
  });
}

async function openFolder(name: string, options: EngineOptions): Promise<PGlite> {
  try {
    return await openEngine(name, options);
  } catch (cause) {
    const what = "The store cannot be opened.";
    const fix = "Bring back a copy of it; see that there is room on the disk.";
    throw new CoreError("corrupt", { what, received: name, fix }, { cause });
  }
}

/** A store that has rows is copied before its form changes. */
async function inThisForm(
  client: PGlite,
  folder: string,
  options: OpenOptions & EngineOptions,
): Promise<PGlite> {
  const { onNotice, migrations } = options;
  const name = join(folder, "store");
  const { isNew, pending } = await migrationState(drizzle({ client }), name, migrations);
  if (pending.length === 0) return client;
  let inUse = client;
  if (!isNew) {
    await client.close();
    const copy = await copyStoreFolder(folder, nameBefore(), options);
    onNotice(`The store gets a new form. What it was before is kept as ${copy}.`);
    inUse = await openFolder(name, options);
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
export async function openPglite(folder: string, options: OpenOptions): Promise<OpenedDatabase> {
  await makeFolder(folder);
  const lock = await lockHome(folder);
  const name = join(folder, "store");
  // one that is not synced is a test's, and made a hundred times
  const reserve = options.isSynced === false ? undefined : new LogReserve(folder);
  let client: PGlite | undefined;
  try {
    for (const left of (await readdir(folder)).filter((entry) => UNFINISHED.test(entry)))
      await rm(join(folder, left), { recursive: true });
    await finishMove(folder);
    if (!existsSync(name)) {
      await newStore(join(folder, "store.new"));
      await takeName(folder, "store.new", "store", options);
    }
    const major = await majorOf(name);
    if (major !== POSTGRES_MAJOR) await moveToThisMajor(folder, major, options);
    // hashes of tokens, names of people: whatever rights a copy or a backup came with
    await chmod(name, 0o700);
    reserve?.take();
    const engine = { isSynced: options.isSynced, makeRoom: reserve?.release };
    client = await openFolder(name, engine);
    client = await inThisForm(client, folder, { ...options, ...engine });
  } catch (error) {
    if (client && !client.closed) await client.close();
    await lock[Symbol.asyncDispose]();
    throw storeError(error);
  }
  const opened = client;
  const endUpkeep = keepUp(opened);
  const endGuard = reserve?.guard(opened);
  return {
    kind: "pglite",
    name,
    database: drizzle({ client: opened }),
    queue: { db: pgliteConnection(opened), backend: "pglite", useListenNotify: true },
    async [Symbol.asyncDispose]() {
      try {
        await endUpkeep();
        await endGuard?.();
        await opened.close();
      } finally {
        await lock[Symbol.asyncDispose]();
      }
    },
  };
}
