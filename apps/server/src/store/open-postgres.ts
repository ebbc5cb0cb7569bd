import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";
import { MIGRATION_SETTINGS } from "./migrate.ts";
import type { Store } from "./store.ts";

/** Two servers, each with its queue's own connections, stay below PostgreSQL's default of 100. */
const MAX_CONNECTIONS = 10;

/** @throws CoreError `unreadable` when it cannot be reached. */
export async function openPostgres(
  url: string,
  _options: { readonly onNotice: (notice: string) => void },
): Promise<Omit<Store, "repository">> {
  const pool = new pg.Pool({ connectionString: url, max: MAX_CONNECTIONS, application_name: "graft" });
  // of a connection that nobody uses just now: the pool takes another, and whoever asks next hears of a database that is gone
  pool.on("error", () => {});
  const database = drizzle({ client: pool });
  try {
    await migrate(database, MIGRATION_SETTINGS);
  } catch (error) {
    await pool.end();
    throw error;
  }
  const { username, host, pathname } = new URL(url);
  return {
    kind: "postgres",
    name: `postgres://${username && `${username}@`}${host}${pathname}`,
    database,
    queue: { connectionString: url, useListenNotify: true },
    async [Symbol.asyncDispose]() {
      await pool.end();
    },
  };
}
