import type { DatasetRow, EditRow, ImageRow, UploadRow } from "@graft/api";
import { sql } from "drizzle-orm";
import { boolean, index, integer, primaryKey, unique } from "drizzle-orm/pg-core";
import { accounts } from "./accounts.ts";
import { graft, json, text, whole } from "./columns.ts";

export const datasets = graft.table(
  "datasets",
  {
    id: text("id").primaryKey(),
    owner: text("owner_id")
      .notNull()
      .references(() => accounts.id),
    name: text("name").notNull(),
    createdAt: whole("created_at").notNull(),
    changedAt: whole("changed_at").notNull(),
    lastEdit: integer("last_edit").notNull(),
    split: json<DatasetRow["split"]>("split").notNull(),
    notes: json<DatasetRow["notes"]>("notes").notNull(),
    /** Number of the newest run; a number is never given twice. */
    lastRun: integer("last_run").notNull().default(0),
  },
  (table) => [
    index("datasets_of_owner").on(table.owner, table.changedAt, table.id),
    index("datasets_by_change").on(table.changedAt, table.id),
  ],
);

const ofDataset = () =>
  text("dataset_id")
    .notNull()
    .references(() => datasets.id, { onDelete: "cascade" });

/** Names and places are unique once a change is done, not row by row: two classes may change names (`check-classes.ts`). */
export const classes = graft.table(
  "classes",
  {
    id: text("id").primaryKey(),
    dataset: ofDataset(),
    name: text("name").notNull(),
    position: integer("position").notNull(),
    isOff: boolean("is_off").notNull(),
  },
  (table) => [index("classes_of_dataset").on(table.dataset, table.position)],
);

export const images = graft.table(
  "images",
  {
    id: text("id").primaryKey(),
    dataset: ofDataset(),
    path: text("path").notNull(),
    hash: text("hash").notNull(),
    bytes: whole("bytes").notNull(),
    class: text("class_id").references(() => classes.id),
    use: text("use").$type<ImageRow["use"]>().notNull(),
    reason: text("reason"),
    facts: json<NonNullable<ImageRow["facts"]>>("facts"),
    group: text("group_name"),
    part: text("part").$type<NonNullable<ImageRow["part"]>>(),
    thumbnail: text("thumbnail"),
    addedAt: whole("added_at").notNull(),
    addedBy: text("added_by").notNull(),
    /** `path` for searching in any case, as JavaScript folds it: databases do it by their own languages. */
    folded: text("folded_path").notNull(),
  },
  (table) => [
    unique("images_path").on(table.dataset, table.path),
    index("images_of_class").on(table.class, table.path),
    index("images_newest").on(table.dataset, table.addedAt, table.id),
    index("images_hash").on(table.hash),
    index("images_unsorted").on(table.dataset, table.path).where(sql`${table.class} is null`),
    index("images_unused").on(table.dataset, table.use, table.path).where(sql`${table.use} <> 'in'`),
    index("images_thumbnail").on(table.thumbnail).where(sql`${table.thumbnail} is not null`),
  ],
);

export const edits = graft.table(
  "edits",
  {
    dataset: ofDataset(),
    number: integer("number").notNull(),
    kind: text("kind").$type<EditRow["kind"]>().notNull(),
    at: whole("at").notNull(),
    by: text("by_account").notNull(),
    of: integer("of_number"),
    isUndone: boolean("is_undone").notNull(),
    images: json<EditRow["images"]>("images").notNull(),
    classes: json<EditRow["classes"]>("classes").notNull(),
  },
  (table) => [primaryKey({ columns: [table.dataset, table.number] })],
);

export const uploads = graft.table(
  "uploads",
  {
    id: text("id").primaryKey(),
    dataset: ofDataset(),
    account: text("account_id").notNull(),
    createdAt: whole("created_at").notNull(),
    state: text("state").$type<UploadRow["state"]>().notNull(),
    heardAt: whole("heard_at").notNull(),
    class: text("class_id"),
    labelsFrom: text("labels_from").$type<NonNullable<UploadRow["labelsFrom"]>>(),
    labelTable: json<NonNullable<UploadRow["labelTable"]>>("label_table"),
    known: text("known_set"),
    progress: json<NonNullable<UploadRow["progress"]>>("progress"),
    result: json<NonNullable<UploadRow["result"]>>("result"),
    error: json<NonNullable<UploadRow["error"]>>("error"),
  },
  (table) => [
    index("uploads_of_dataset").on(table.dataset, table.createdAt, table.id),
    index("uploads_in_state").on(table.state, table.createdAt, table.id),
  ],
);

export const uploadFiles = graft.table(
  "upload_files",
  {
    upload: text("upload_id")
      .notNull()
      .references(() => uploads.id, { onDelete: "cascade" }),
    path: text("path").notNull(),
    hash: text("hash").notNull(),
    bytes: whole("bytes").notNull(),
    isHere: boolean("is_here").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.upload, table.path] }),
    index("upload_files_of_hash").on(table.upload, table.hash),
    index("upload_files_hash").on(table.hash).where(sql`${table.isHere}`),
    index("upload_files_missing").on(table.upload, table.path).where(sql`not ${table.isHere}`),
  ],
);
