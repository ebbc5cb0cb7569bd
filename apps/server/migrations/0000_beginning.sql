CREATE SCHEMA "graft";
--> statement-breakpoint
CREATE TABLE "graft"."accounts" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"name" text collate "C" NOT NULL,
	"role" text collate "C" NOT NULL,
	"group_id" text collate "C",
	"created_at" bigint NOT NULL,
	"ends_at" bigint,
	CONSTRAINT "accounts_name_of_group" UNIQUE NULLS NOT DISTINCT("group_id","name")
);
--> statement-breakpoint
CREATE TABLE "graft"."audit" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL,
	"what" text collate "C" NOT NULL,
	"by_account" text collate "C",
	"token_id" text collate "C",
	"from_address" text collate "C",
	"facts" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "graft"."groups" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"name" text collate "C" NOT NULL,
	"created_by" text collate "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"ends_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "graft"."tokens" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"account_id" text collate "C" NOT NULL,
	"name" text collate "C" NOT NULL,
	"role" text collate "C" NOT NULL,
	"scope" text NOT NULL,
	"hash" text collate "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"ends_at" bigint,
	"last_used_at" bigint,
	"last_from" text collate "C",
	"revoked_at" bigint,
	CONSTRAINT "tokens_hash" UNIQUE("hash")
);
--> statement-breakpoint
CREATE TABLE "graft"."classes" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"dataset_id" text collate "C" NOT NULL,
	"name" text collate "C" NOT NULL,
	"position" integer NOT NULL,
	"is_off" boolean NOT NULL
);
--> statement-breakpoint
CREATE TABLE "graft"."datasets" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"owner_id" text collate "C" NOT NULL,
	"name" text collate "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"changed_at" bigint NOT NULL,
	"last_edit" integer NOT NULL,
	"split" text NOT NULL,
	"notes" text NOT NULL,
	"last_run" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "graft"."edits" (
	"dataset_id" text collate "C" NOT NULL,
	"number" integer NOT NULL,
	"kind" text collate "C" NOT NULL,
	"at" bigint NOT NULL,
	"by_account" text collate "C" NOT NULL,
	"of_number" integer,
	"is_undone" boolean NOT NULL,
	"images" text NOT NULL,
	"classes" text NOT NULL,
	CONSTRAINT "edits_dataset_id_number_pk" PRIMARY KEY("dataset_id","number")
);
--> statement-breakpoint
CREATE TABLE "graft"."images" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"dataset_id" text collate "C" NOT NULL,
	"path" text collate "C" NOT NULL,
	"hash" text collate "C" NOT NULL,
	"bytes" bigint NOT NULL,
	"class_id" text collate "C",
	"use" text collate "C" NOT NULL,
	"reason" text collate "C",
	"facts" text,
	"group_name" text collate "C",
	"part" text collate "C",
	"thumbnail" text collate "C",
	"added_at" bigint NOT NULL,
	"added_by" text collate "C" NOT NULL,
	"folded_path" text collate "C" NOT NULL,
	CONSTRAINT "images_path" UNIQUE("dataset_id","path")
);
--> statement-breakpoint
CREATE TABLE "graft"."upload_files" (
	"upload_id" text collate "C" NOT NULL,
	"path" text collate "C" NOT NULL,
	"hash" text collate "C" NOT NULL,
	"bytes" bigint NOT NULL,
	"is_here" boolean NOT NULL,
	CONSTRAINT "upload_files_upload_id_path_pk" PRIMARY KEY("upload_id","path")
);
--> statement-breakpoint
CREATE TABLE "graft"."uploads" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"dataset_id" text collate "C" NOT NULL,
	"account_id" text collate "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"state" text collate "C" NOT NULL,
	"heard_at" bigint NOT NULL,
	"class_id" text collate "C",
	"labels_from" text collate "C",
	"known_set" text collate "C",
	"progress" text,
	"result" text,
	"error" text
);
--> statement-breakpoint
CREATE TABLE "graft"."blob_deletions" (
	"hash" text collate "C" PRIMARY KEY NOT NULL,
	"begun_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "graft"."blob_holds" (
	"id" text collate "C" NOT NULL,
	"hash" text collate "C" NOT NULL,
	"until" bigint NOT NULL,
	CONSTRAINT "blob_holds_id_hash_pk" PRIMARY KEY("id","hash")
);
--> statement-breakpoint
CREATE TABLE "graft"."leases" (
	"name" text collate "C" PRIMARY KEY NOT NULL,
	"holder" text collate "C" NOT NULL,
	"until" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "graft"."workers" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"name" text collate "C" NOT NULL,
	"version" text collate "C" NOT NULL,
	"kind" text collate "C" NOT NULL,
	"backends" text NOT NULL,
	"groups" text NOT NULL,
	"threads" integer NOT NULL,
	"started_at" bigint NOT NULL,
	"heard_at" bigint NOT NULL,
	"job" text collate "C"
);
--> statement-breakpoint
CREATE TABLE "graft"."decisions" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"dataset_id" text collate "C" NOT NULL,
	"run_id" text collate "C" NOT NULL,
	"kind" text collate "C" NOT NULL,
	"value" text,
	"at" bigint NOT NULL,
	"by_account" text collate "C" NOT NULL,
	"is_undone" boolean NOT NULL
);
--> statement-breakpoint
CREATE TABLE "graft"."events" (
	"run_id" text collate "C" NOT NULL,
	"seq" integer NOT NULL,
	"event" text NOT NULL,
	CONSTRAINT "events_run_id_seq_pk" PRIMARY KEY("run_id","seq")
);
--> statement-breakpoint
CREATE TABLE "graft"."run_files" (
	"run_id" text collate "C" NOT NULL,
	"path" text collate "C" NOT NULL,
	"hash" text collate "C" NOT NULL,
	"bytes" bigint NOT NULL,
	CONSTRAINT "run_files_run_id_path_pk" PRIMARY KEY("run_id","path")
);
--> statement-breakpoint
CREATE TABLE "graft"."runs" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"dataset_id" text collate "C" NOT NULL,
	"owner_id" text collate "C" NOT NULL,
	"number" integer NOT NULL,
	"name" text collate "C",
	"state" text collate "C" NOT NULL,
	"stop_asked" text collate "C",
	"config" text NOT NULL,
	"frozen" text collate "C" NOT NULL,
	"frozen_edit" integer NOT NULL,
	"images" text NOT NULL,
	"created_at" bigint NOT NULL,
	"started_at" bigint,
	"ended_at" bigint,
	"metrics" text,
	"error" text,
	"last_seq" integer NOT NULL,
	"worker" text collate "C",
	"backend" text collate "C",
	"has_model" boolean NOT NULL,
	"rerun_of" text collate "C",
	CONSTRAINT "runs_number" UNIQUE("dataset_id","number")
);
--> statement-breakpoint
CREATE TABLE "graft"."searches" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"dataset_id" text collate "C" NOT NULL,
	"owner_id" text collate "C" NOT NULL,
	"kind" text collate "C" NOT NULL,
	"state" text collate "C" NOT NULL,
	"is_stop_asked" boolean NOT NULL,
	"config" text NOT NULL,
	"axes" text,
	"frozen" text collate "C" NOT NULL,
	"images" text NOT NULL,
	"created_at" bigint NOT NULL,
	"started_at" bigint,
	"ended_at" bigint,
	"progress" text,
	"result" text,
	"error" text,
	"worker" text collate "C"
);
--> statement-breakpoint
ALTER TABLE "graft"."accounts" ADD CONSTRAINT "accounts_group_id_groups_id_fk" FOREIGN KEY ("group_id") REFERENCES "graft"."groups"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "graft"."tokens" ADD CONSTRAINT "tokens_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "graft"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "graft"."classes" ADD CONSTRAINT "classes_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "graft"."datasets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "graft"."datasets" ADD CONSTRAINT "datasets_owner_id_accounts_id_fk" FOREIGN KEY ("owner_id") REFERENCES "graft"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "graft"."edits" ADD CONSTRAINT "edits_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "graft"."datasets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "graft"."images" ADD CONSTRAINT "images_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "graft"."datasets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "graft"."images" ADD CONSTRAINT "images_class_id_classes_id_fk" FOREIGN KEY ("class_id") REFERENCES "graft"."classes"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "graft"."upload_files" ADD CONSTRAINT "upload_files_upload_id_uploads_id_fk" FOREIGN KEY ("upload_id") REFERENCES "graft"."uploads"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "graft"."uploads" ADD CONSTRAINT "uploads_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "graft"."datasets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "graft"."decisions" ADD CONSTRAINT "decisions_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "graft"."datasets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "graft"."decisions" ADD CONSTRAINT "decisions_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "graft"."runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "graft"."events" ADD CONSTRAINT "events_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "graft"."runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "graft"."run_files" ADD CONSTRAINT "run_files_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "graft"."runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "graft"."runs" ADD CONSTRAINT "runs_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "graft"."datasets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "graft"."searches" ADD CONSTRAINT "searches_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "graft"."datasets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "accounts_by_name" ON "graft"."accounts" USING btree ("name","id");--> statement-breakpoint
CREATE INDEX "audit_by_time" ON "graft"."audit" USING btree ("at","id");--> statement-breakpoint
CREATE INDEX "audit_of_account" ON "graft"."audit" USING btree ("by_account","at","id");--> statement-breakpoint
CREATE INDEX "tokens_of_account" ON "graft"."tokens" USING btree ("account_id","created_at","id");--> statement-breakpoint
CREATE INDEX "tokens_by_time" ON "graft"."tokens" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "classes_of_dataset" ON "graft"."classes" USING btree ("dataset_id","position");--> statement-breakpoint
CREATE INDEX "datasets_of_owner" ON "graft"."datasets" USING btree ("owner_id","changed_at","id");--> statement-breakpoint
CREATE INDEX "datasets_by_change" ON "graft"."datasets" USING btree ("changed_at","id");--> statement-breakpoint
CREATE INDEX "images_of_class" ON "graft"."images" USING btree ("class_id","path");--> statement-breakpoint
CREATE INDEX "images_newest" ON "graft"."images" USING btree ("dataset_id","added_at","id");--> statement-breakpoint
CREATE INDEX "images_hash" ON "graft"."images" USING btree ("hash");--> statement-breakpoint
CREATE INDEX "images_unsorted" ON "graft"."images" USING btree ("dataset_id","path") WHERE "graft"."images"."class_id" is null;--> statement-breakpoint
CREATE INDEX "images_unused" ON "graft"."images" USING btree ("dataset_id","use","path") WHERE "graft"."images"."use" <> 'in';--> statement-breakpoint
CREATE INDEX "images_thumbnail" ON "graft"."images" USING btree ("thumbnail") WHERE "graft"."images"."thumbnail" is not null;--> statement-breakpoint
CREATE INDEX "images_without_thumbnail" ON "graft"."images" USING btree ("dataset_id","added_at","id") WHERE "graft"."images"."thumbnail" is null and "graft"."images"."use" <> 'broken';--> statement-breakpoint
CREATE INDEX "upload_files_of_hash" ON "graft"."upload_files" USING btree ("upload_id","hash");--> statement-breakpoint
CREATE INDEX "upload_files_hash" ON "graft"."upload_files" USING btree ("hash") WHERE "graft"."upload_files"."is_here";--> statement-breakpoint
CREATE INDEX "upload_files_missing" ON "graft"."upload_files" USING btree ("upload_id","path") WHERE not "graft"."upload_files"."is_here";--> statement-breakpoint
CREATE INDEX "uploads_of_dataset" ON "graft"."uploads" USING btree ("dataset_id","created_at","id");--> statement-breakpoint
CREATE INDEX "uploads_in_state" ON "graft"."uploads" USING btree ("state","created_at","id");--> statement-breakpoint
CREATE INDEX "blob_holds_hash" ON "graft"."blob_holds" USING btree ("hash");--> statement-breakpoint
CREATE INDEX "decisions_of_dataset" ON "graft"."decisions" USING btree ("dataset_id","at","id");--> statement-breakpoint
CREATE INDEX "decisions_of_run" ON "graft"."decisions" USING btree ("run_id");--> statement-breakpoint
CREATE INDEX "run_files_hash" ON "graft"."run_files" USING btree ("hash");--> statement-breakpoint
CREATE INDEX "runs_of_dataset" ON "graft"."runs" USING btree ("dataset_id","created_at","id");--> statement-breakpoint
CREATE INDEX "runs_of_owner" ON "graft"."runs" USING btree ("owner_id","created_at","id");--> statement-breakpoint
CREATE INDEX "runs_by_time" ON "graft"."runs" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "runs_under_way" ON "graft"."runs" USING btree ("created_at","id") WHERE "graft"."runs"."state" in ('queued', 'running');--> statement-breakpoint
CREATE INDEX "runs_frozen" ON "graft"."runs" USING btree ("frozen");--> statement-breakpoint
CREATE INDEX "searches_of_dataset" ON "graft"."searches" USING btree ("dataset_id","created_at","id");--> statement-breakpoint
CREATE INDEX "searches_of_owner" ON "graft"."searches" USING btree ("owner_id","created_at","id");--> statement-breakpoint
CREATE INDEX "searches_by_time" ON "graft"."searches" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "searches_in_state" ON "graft"."searches" USING btree ("state","created_at","id");--> statement-breakpoint
CREATE INDEX "searches_frozen" ON "graft"."searches" USING btree ("frozen");