import type { SearchRow } from "@graft/api";
import { boolean, index } from "drizzle-orm/pg-core";
import { graft, json, text, whole } from "./columns.ts";
import { datasets } from "./datasets.ts";

export const searches = graft.table(
  "searches",
  {
    id: text("id").primaryKey(),
    dataset: text("dataset_id")
      .notNull()
      .references(() => datasets.id, { onDelete: "cascade" }),
    owner: text("owner_id").notNull(),
    kind: text("kind").$type<SearchRow["kind"]>().notNull(),
    state: text("state").$type<SearchRow["state"]>().notNull(),
    isStopAsked: boolean("is_stop_asked").notNull(),
    config: json<SearchRow["config"]>("config").notNull(),
    axes: json<NonNullable<SearchRow["axes"]>>("axes"),
    pool: text("pool").$type<NonNullable<SearchRow["pool"]>>(),
    frozen: text("frozen").notNull(),
    images: json<SearchRow["images"]>("images").notNull(),
    createdAt: whole("created_at").notNull(),
    startedAt: whole("started_at"),
    endedAt: whole("ended_at"),
    progress: json<NonNullable<SearchRow["progress"]>>("progress"),
    result: json<NonNullable<SearchRow["result"]>>("result"),
    error: json<NonNullable<SearchRow["error"]>>("error"),
    worker: text("worker"),
  },
  (table) => [
    index("searches_of_dataset").on(table.dataset, table.createdAt, table.id),
    index("searches_of_owner").on(table.owner, table.createdAt, table.id),
    index("searches_by_time").on(table.createdAt, table.id),
    index("searches_in_state").on(table.state, table.createdAt, table.id),
    index("searches_frozen").on(table.frozen),
  ],
);
