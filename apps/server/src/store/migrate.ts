import { join } from "node:path";

/** What drizzle-kit made of `schema/`; both databases take it. */
export const MIGRATIONS = join(import.meta.dirname, "../../migrations");

/** Where drizzle notes which of them were applied. */
export const MIGRATION_SETTINGS = { migrationsFolder: MIGRATIONS, migrationsSchema: "graft_migrations" };
