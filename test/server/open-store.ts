import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { placeOnDisk } from "@graft/core/node";
import { openStore, type Store } from "@graft/server";
import pg from "pg";
import { describe, it } from "vitest";
import { whyNoPostgres } from "../setup/postgres.ts";
import { testDatabaseUrl } from "../setup/postgres-server.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const CACHE = join(ROOT, "node_modules/.cache/graft-store");
const MIGRATIONS = join(ROOT, "apps/server/migrations");

export const STORE_KINDS = ["pglite", "postgres"] as const;
export type StoreKind = (typeof STORE_KINDS)[number];

export interface TestStore extends Store {
  /** Of the embedded store; a folder for a test's other files with the other one. */
  readonly home: string;
  /** Closes it and opens it again, as after a restart. */
  reopen(): Promise<TestStore>;
}

/** What a new, empty store depends on: PGlite's version and the migrations. */
async function preparedName(): Promise<string> {
  const manifest = join(createRequire(import.meta.url).resolve("@electric-sql/pglite"), "../../package.json");
  const journal = await readFile(join(MIGRATIONS, "meta/_journal.json"));
  const hash = createHash("sha256")
    .update(await readFile(manifest))
    .update(journal);
  const names: readonly { readonly tag: string }[] = JSON.parse(journal.toString()).entries;
  for (const { tag } of names) hash.update(await readFile(join(MIGRATIONS, `${tag}.sql`)));
  return hash.digest("hex").slice(0, 16);
}

/** An empty store of this version, made once: to make one takes seconds, and to copy one a tenth of that. */
async function preparedFolder(): Promise<string> {
  const folder = join(CACHE, await preparedName());
  if (existsSync(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  const { folder: place, path } = placeOnDisk(`${folder}.lock`);
  for (;;) {
    const lock = await place.lock(path);
    if (!("holder" in lock)) {
      await using _ = lock;
      if (!existsSync(folder)) await prepare(folder);
      return folder;
    }
    await new Promise((resolveSoon) => setTimeout(resolveSoon, 100));
  }
}

async function prepare(folder: string): Promise<void> {
  const home = await mkdtemp(`${folder}.`);
  await (await openStore({ home }))[Symbol.asyncDispose]();
  await rename(join(home, "server/store"), folder);
  await rm(home, { recursive: true });
}

async function openAt(home: string, url: string | undefined, end: () => Promise<void>): Promise<TestStore> {
  const store = await openStore(url === undefined ? { home } : { url });
  return {
    ...store,
    home,
    async reopen() {
      await store[Symbol.asyncDispose]();
      return openAt(home, url, end);
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await end();
    },
  };
}

async function openEmbedded(): Promise<TestStore> {
  const home = await mkdtemp(join(tmpdir(), "graft-store-"));
  const end = () => rm(home, { recursive: true, force: true });
  try {
    await mkdir(join(home, "server"));
    await cp(await preparedFolder(), join(home, "server/store"), { recursive: true });
    return await openAt(home, undefined, end);
  } catch (error) {
    await end();
    throw error;
  }
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: await testDatabaseUrl("postgres") });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A new, empty database of the run's PostgreSQL: its address, and what takes it away with whoever is still connected. */
export async function newTestDatabase(): Promise<{ readonly url: string } & AsyncDisposable> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  await onServer(`create database ${name}`);
  return {
    url: await testDatabaseUrl(name),
    [Symbol.asyncDispose]: () => onServer(`drop database ${name} with (force)`),
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
