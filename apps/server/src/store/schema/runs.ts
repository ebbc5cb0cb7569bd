import type { DecisionRow, RunRow } from "@graft/api";
import type { TrainEvent } from "@graft/core";
import { sql } from "drizzle-orm";
import { boolean, index, integer, primaryKey, unique } from "drizzle-orm/pg-core";
import { graft, json, text, whole } from "./columns.ts";
import { datasets } from "./datasets.ts";

export const runs = graft.table(
  "runs",
  {
    id: text("id").primaryKey(),
    dataset: text("dataset_id")
      .notNull()
      .references(() => datasets.id, { onDelete: "cascade" }),
    owner: text("owner_id").notNull(),
    number: integer("number").notNull(),
    name: text("name"),
    state: text("state").$type<RunRow["state"]>().notNull(),
    stopAsked: text("stop_asked").$type<NonNullable<RunRow["stopAsked"]>>(),
    config: json<RunRow["config"]>("config").notNull(),
    frozen: text("frozen").notNull(),
    frozenEdit: integer("frozen_edit").notNull(),
    images: json<RunRow["images"]>("images").notNull(),
    createdAt: whole("created_at").notNull(),
    startedAt: whole("started_at"),
    endedAt: whole("ended_at"),
    metrics: json<NonNullable<RunRow["metrics"]>>("metrics"),
    error: json<NonNullable<RunRow["error"]>>("error"),
    lastSeq: integer("last_seq").notNull(),
    worker: text("worker"),
    backend: text("backend"),
    hasModel: boolean("has_model").notNull(),
    rerunOf: text("rerun_of"),
  },
  (table) => [
    unique("runs_number").on(table.dataset, table.number),
    index("runs_of_dataset").on(table.dataset, table.createdAt, table.id),
    index("runs_of_owner").on(table.owner, table.createdAt, table.id),
    index("runs_by_time").on(table.createdAt, table.id),
    index("runs_under_way").on(table.createdAt, table.id).where(sql`${table.state} in ('queued', 'running')`),
    index("runs_frozen").on(table.frozen),
  ],
);

const ofRun = () =>
  text("run_id")
    .notNull()
    .references(() => runs.id, { onDelete: "cascade" });

export const events = graft.table(
  "events",
  { run: ofRun(), seq: integer("seq").notNull(), event: json<TrainEvent>("event").notNull() },
  (table) => [primaryKey({ columns: [table.run, table.seq] })],
);

export const runFiles = graft.table(
  "run_files",
  {
    run: ofRun(),
    path: text("path").notNull(),
    hash: text("hash").notNull(),
    bytes: whole("bytes").notNull(),
  },
  (table) => [primaryKey({ columns: [table.run, table.path] }), index("run_files_hash").on(table.hash)],
);

export const decisions = graft.table(
  "decisions",
  {
    id: text("id").primaryKey(),
    dataset: text("dataset_id")
      .notNull()
      .references(() => datasets.id, { onDelete: "cascade" }),
    run: ofRun(),
    kind: text("kind").$type<DecisionRow["kind"]>().notNull(),
    value: json<NonNullable<DecisionRow["value"]>>("value"),
    at: whole("at").notNull(),
    by: text("by_account").notNull(),
    isUndone: boolean("is_undone").notNull(),
  },
  (table) => [
    index("decisions_of_dataset").on(table.dataset, table.at, table.id),
    index("decisions_of_run").on(table.run),
  ],
);
