import { randomBytes } from "node:crypto";
import { cpSync, existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { placeOnDisk } from "@graft/core/node";
import { openStore, type Store } from "@graft/server";
import pg from "pg";
import { describe, it } from "vitest";
import { makeQueue, newStore, storeKey } from "../../apps/server/src/store/embedded/prepared-store.ts";
import { whyNoPostgres } from "../setup/postgres.ts";
import { testDatabaseUrl } from "../setup/postgres-server.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const CACHE = join(ROOT, "node_modules/.cache/graft-store");

export const STORE_KINDS = ["pglite", "postgres"] as const;
export type StoreKind = (typeof STORE_KINDS)[number];

export interface TestStore extends Store {
  /** Of the embedded store; a folder for a test's other files with the other one. */
  readonly home: string;
  /** Of the other one. */
  readonly url: string | undefined;
  /** Closes it; its files or database stay until it is disposed of. */
  close(): Promise<void>;
  /** Closes it and opens it again, as after a restart. */
  reopen(): Promise<TestStore>;
}

/** An empty store of this version, made once: to make one takes seconds, and to copy one a tenth of that. */
async function preparedFolder(): Promise<string> {
  const folder = join(CACHE, storeKey());
  if (existsSync(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  const { folder: place, path } = placeOnDisk(`${folder}.lock`);
  for (;;) {
    const lock = await place.lock(path);
    if ("holder" in lock) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      continue;
    }
    await using _ = lock;
    if (existsSync(folder)) return folder;
    await rm(`${folder}.new`, { recursive: true, force: true });
    await newStore(`${folder}.new`);
    await rename(`${folder}.new`, folder);
    return folder;
  }
}

async function openAt(home: string, url: string | undefined, end: () => Promise<void>): Promise<TestStore> {
  const store = await openStore(url === undefined ? { home, isSynced: false } : { url });
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (isOpen) await store[Symbol.asyncDispose]();
    isOpen = false;
  };
  return {
    ...store,
    ...{ home, url, close },
    async reopen() {
      await close();
      return openAt(home, url, end);
    },
    async [Symbol.asyncDispose]() {
      await close();
      await end();
    },
  };
}

async function openEmbedded(): Promise<TestStore> {
  const home = await mkdtemp(join(tmpdir(), "graft-store-"));
  const end = () => rm(home, { recursive: true, force: true });
  try {
    await mkdir(join(home, "server"));
    // in one go: five hundred small files take three times as long one by one
    cpSync(await preparedFolder(), join(home, "server/store"), { recursive: true });
    return await openAt(home, undefined, end);
  } catch (error) {
    await end();
    throw error;
  }
}

async function onServer<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: await testDatabaseUrl("postgres") });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Once a run: a database with this version's tables and the queue's, which others are copied from. */
const preparedDatabase = (): Promise<string> =>
  onServer(async (client) => {
    await client.query("select pg_advisory_lock(1)");
    const { rowCount } = await client.query("select 1 from pg_database where datname = 'prepared'");
    if (rowCount === 1) return "prepared";
    await client.query("drop database if exists preparing");
    await client.query("create database preparing");
    const url = await testDatabaseUrl("preparing");
    const store = await openStore({ url });
    await makeQueue(store.queue);
    await store[Symbol.asyncDispose]();
    await client.query("alter database preparing rename to prepared");
    return "prepared";
  });

/**
 * A new database of the run's PostgreSQL: its address, and what takes it away with whoever is still connected.
 * @param template "template0": without graft's tables. @default with them
 */
export async function newTestDatabase(
  template?: "template0",
): Promise<{ readonly url: string } & AsyncDisposable> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  const from = template ?? (await preparedDatabase());
  await onServer((client) => client.query(`create database ${name} template ${from}`));
  return {
    url: await testDatabaseUrl(name),
    async [Symbol.asyncDispose]() {
      await onServer(async (client) => {
        // connections that were just closed are there for a moment more, and would tell their test that they are ended by force
        for (let look = 0; look < 60; look++) {
          const { rows } = await client.query("select 1 from pg_stat_activity where datname = $1", [name]);
          if (rows.length === 0) break;
          await pause(50);
        }
        await client.query(`drop database if exists ${name} with (force)`);
      });
    },
  };
}

async function openOnServer(): Promise<TestStore> {
  const database = await newTestDatabase();
  const home = await mkdtemp(join(tmpdir(), "graft-store-"));
  const end = async () => {
    await rm(home, { recursive: true, force: true });
    await database[Symbol.asyncDispose]();
  };
  try {
    return await openAt(home, database.url, end);
  } catch (error) {
    await end();
    throw error;
  }
}

/**
 * A new, empty store for a test: `await using store = await openTestStore("pglite")`. Nothing of it stays.
 * Ask {@link whyNoPostgres} before for the other one.
 */
export function openTestStore(kind: StoreKind): Promise<TestStore> {
  return kind === "pglite" ? openEmbedded() : openOnServer();
}

/** Registers tests on both stores; one that cannot be had becomes a skipped test with the reason as its name. */
export function describeOnStores(
  name: string,
  tests: (open: () => Promise<TestStore>, kind: StoreKind) => void,
): void {
  for (const kind of STORE_KINDS)
    describe(`${name}, ${kind}`, () => {
      const refusal = kind === "postgres" ? whyNoPostgres() : undefined;
      if (refusal === undefined) tests(() => openTestStore(kind), kind);
      else it.skip(`skipped: ${refusal}`, () => undefined);
    });
}
