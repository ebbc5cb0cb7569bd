import type { WorkerRow } from "@graft/api";
import { sql } from "drizzle-orm";
import { index, integer, primaryKey } from "drizzle-orm/pg-core";
import { graft, json, text, whole } from "./columns.ts";

export const leases = graft.table("leases", {
  name: text("name").primaryKey(),
  holder: text("holder").notNull(),
  until: whole("until").notNull(),
});

export const blobHolds = graft.table(
  "blob_holds",
  { id: text("id").notNull(), hash: text("hash").notNull(), until: whole("until").notNull() },
  (table) => [primaryKey({ columns: [table.id, table.hash] }), index("blob_holds_hash").on(table.hash)],
);

export const blobDeletions = graft.table("blob_deletions", {
  hash: text("hash").primaryKey(),
  begunAt: whole("begun_at").notNull(),
});

export const workers = graft.table("workers", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  version: text("version").notNull(),
  kind: text("kind").$type<WorkerRow["kind"]>().notNull(),
  backends: json<WorkerRow["backends"]>("backends").notNull(),
  names: json<WorkerRow["names"]>("names").notNull().default(sql`'[]'`),
  groups: json<WorkerRow["groups"]>("groups").notNull(),
  threads: integer("threads").notNull(),
  startedAt: whole("started_at").notNull(),
  heardAt: whole("heard_at").notNull(),
  owner: text("owner"),
  state: text("state").$type<WorkerRow["state"]>().notNull().default("ready"),
  job: text("job"),
});
