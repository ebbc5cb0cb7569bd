import { CoreError } from "@graft/core";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import pg from "pg";
import { connectError } from "./connect-error.ts";
import type { Database } from "./database.ts";
import { migrate } from "./migrate.ts";
import { isLost } from "./patience.ts";
import { postgresName } from "./postgres-name.ts";
import type { OpenedDatabase, OpenOptions } from "./store.ts";
import { storeError } from "./store-error.ts";

/** Two servers, each with its queue's own connections, stay below PostgreSQL's default of 100. */
const MAX_CONNECTIONS = 10;
const CONNECT_TIMEOUT_MS = 10_000;
const OLDEST = 150_000;

/** @throws CoreError `unsupported`; `unreadable` and `bad-input` for one that does not answer, or does not let graft in. */
async function checkServer(pool: pg.Pool, name: string): Promise<void> {
  const { rows } = await pool
    .query<{ version: number; shown: string; encoding: string }>(
      `select current_setting('server_version_num')::int as version, current_setting('server_version') as shown,
       current_setting('server_encoding') as encoding`,
    )
    .catch((error: unknown) => {
      throw connectError(error, name);
    });
  const [server] = rows;
  if (server && server.version < OLDEST)
    throw new CoreError("unsupported", {
      what: `The PostgreSQL server of ${name} is too old.`,
      ...{ received: server.shown, expected: "15 or newer", fix: "Update it, or use another one." },
    });
  if (server && server.encoding !== "UTF8")
    throw new CoreError("unsupported", {
      what: `The database ${name} cannot hold every name.`,
      ...{ received: `encoding ${server.encoding}`, expected: "encoding UTF8" },
      fix: "Make a database with `encoding 'UTF8' template template0`.",
    });
}

/** Every table once more, in a schema beside: who may change tables may do that, and no other program is needed. */
async function copyTables(tx: Database): Promise<string> {
  const moment = new Date().toISOString().replaceAll(/[-:.]/g, "").toLowerCase();
  const copy = `graft_before_${moment}`;
  await tx.execute(sql`create schema ${sql.identifier(copy)}`);
  await tx.execute(
    sql.raw(`do $$ declare t text; begin
      for t in select tablename from pg_tables where schemaname = 'graft' loop
        execute format('create table ${copy}.%I (like graft.%I including all)', t, t);
        execute format('insert into ${copy}.%I select * from graft.%I', t, t);
      end loop; end $$`),
  );
  return copy;
}

/**
 * Drizzle over a pool. Its own transactions keep a connection for ever that goes before they have begun, and ten of these are all
 * that there are.
 */
function openDatabase(pool: pg.Pool): Database {
  const database: Database = drizzle({ client: pool });
  return Object.assign(database, {
    async transaction<T>(
      work: (tx: Database) => Promise<T>,
      config?: Parameters<Database["transaction"]>[1],
    ): Promise<T> {
      const client = await pool.connect();
      let isUsable = true;
      try {
        return await drizzle({ client }).transaction(work, config);
      } catch (error) {
        isUsable = !isLost(error);
        throw error;
      } finally {
        client.release(!isUsable);
      }
    },
  });
}

/** @throws CoreError `bad-input` for what is no address, `unreadable` when it cannot be reached, `unsupported` for an old server and for a newer graft's store. */
export async function openPostgres(
  url: string,
  { onNotice, migrations }: OpenOptions,
): Promise<OpenedDatabase> {
  const name = postgresName(url);
  const pool = new pg.Pool({
    ...{
      connectionString: url,
      max: MAX_CONNECTIONS,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    },
    application_name: "graft",
  });
  // a connection that goes tells whoever asks something by it; what it tells besides, that nobody hears, would end the process
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  const database = openDatabase(pool);
  try {
    await checkServer(pool, name);
    await migrate(database, name, {
      folder: migrations,
      async before(tx) {
        const copy = await copyTables(tx);
        onNotice(`The store gets a new form. What it was before is kept as the schema ${copy} of ${name}.`);
      },
    });
  } catch (error) {
    await pool.end();
    throw storeError(error);
  }
  return {
    kind: "postgres",
    name,
    database,
    queue: { connectionString: url, useListenNotify: true },
    async [Symbol.asyncDispose]() {
      await pool.end();
    },
  };
}
