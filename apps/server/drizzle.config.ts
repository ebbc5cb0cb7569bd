import { defineConfig } from "drizzle-kit";

// npx drizzle-kit generate --name WHAT: writes what the schema has and the newest migration lacks as the next one
export default defineConfig({ dialect: "postgresql", schema: "./src/store/schema", out: "./migrations" });
