import type { HeatMapRow, ModelJobRow } from "@graft/api";
import { sql } from "drizzle-orm";
import { boolean, index, primaryKey } from "drizzle-orm/pg-core";
import { graft, json, text, whole } from "./columns.ts";
import { datasets, images, uploads } from "./datasets.ts";
import { runs } from "./runs.ts";

const ofRun = () =>
  text("run_id")
    .notNull()
    .references(() => runs.id, { onDelete: "cascade" });

export const modelJobs = graft.table(
  "model_jobs",
  {
    id: text("id").primaryKey(),
    kind: text("kind").$type<ModelJobRow["kind"]>().notNull(),
    run: ofRun(),
    dataset: text("dataset_id").references(() => datasets.id, { onDelete: "cascade" }),
    upload: text("upload_id").references(() => uploads.id, { onDelete: "cascade" }),
    owner: text("owner_id").notNull(),
    state: text("state").$type<ModelJobRow["state"]>().notNull(),
    isStopAsked: boolean("is_stop_asked").notNull(),
    asked: json<ModelJobRow["asked"]>("asked").notNull(),
    sent: text("sent"),
    result: text("result"),
    createdAt: whole("created_at").notNull(),
    startedAt: whole("started_at"),
    endedAt: whole("ended_at"),
    progress: json<NonNullable<ModelJobRow["progress"]>>("progress"),
    error: json<NonNullable<ModelJobRow["error"]>>("error"),
    worker: text("worker"),
  },
  (table) => [
    index("model_jobs_of_run").on(table.run, table.createdAt, table.id),
    index("model_jobs_of_dataset").on(table.dataset),
    index("model_jobs_of_upload").on(table.upload),
    index("model_jobs_of_owner").on(table.owner, table.createdAt, table.id),
    index("model_jobs_by_time").on(table.createdAt, table.id),
    index("model_jobs_in_state").on(table.state, table.createdAt, table.id),
    index("model_jobs_sent").on(table.sent).where(sql`${table.sent} is not null`),
    index("model_jobs_result").on(table.result).where(sql`${table.result} is not null`),
  ],
);

export const heatMaps = graft.table(
  "heat_maps",
  {
    run: ofRun(),
    image: text("image_id")
      .notNull()
      .references(() => images.id, { onDelete: "cascade" }),
    label: text("label").notNull(),
    rows: json<HeatMapRow["rows"]>("rows").notNull(),
  },
  (table) => [primaryKey({ columns: [table.run, table.image] }), index("heat_maps_of_image").on(table.image)],
);
