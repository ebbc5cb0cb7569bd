CREATE TABLE "graft"."heat_maps" (
	"run_id" text collate "C" NOT NULL,
	"image_id" text collate "C" NOT NULL,
	"label" text collate "C" NOT NULL,
	"rows" text NOT NULL,
	CONSTRAINT "heat_maps_run_id_image_id_pk" PRIMARY KEY("run_id","image_id")
);
--> statement-breakpoint
CREATE TABLE "graft"."model_jobs" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"kind" text collate "C" NOT NULL,
	"run_id" text collate "C" NOT NULL,
	"dataset_id" text collate "C",
	"upload_id" text collate "C",
	"owner_id" text collate "C" NOT NULL,
	"state" text collate "C" NOT NULL,
	"is_stop_asked" boolean NOT NULL,
	"asked" text NOT NULL,
	"sent" text collate "C",
	"result" text collate "C",
	"created_at" bigint NOT NULL,
	"started_at" bigint,
	"ended_at" bigint,
	"progress" text,
	"error" text,
	"worker" text collate "C"
);
--> statement-breakpoint
ALTER TABLE "graft"."heat_maps" ADD CONSTRAINT "heat_maps_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "graft"."runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "graft"."heat_maps" ADD CONSTRAINT "heat_maps_image_id_images_id_fk" FOREIGN KEY ("image_id") REFERENCES "graft"."images"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "graft"."model_jobs" ADD CONSTRAINT "model_jobs_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "graft"."runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "graft"."model_jobs" ADD CONSTRAINT "model_jobs_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "graft"."datasets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "graft"."model_jobs" ADD CONSTRAINT "model_jobs_upload_id_uploads_id_fk" FOREIGN KEY ("upload_id") REFERENCES "graft"."uploads"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "heat_maps_of_image" ON "graft"."heat_maps" USING btree ("image_id");--> statement-breakpoint
CREATE INDEX "model_jobs_of_run" ON "graft"."model_jobs" USING btree ("run_id","created_at","id");--> statement-breakpoint
CREATE INDEX "model_jobs_of_dataset" ON "graft"."model_jobs" USING btree ("dataset_id");--> statement-breakpoint
CREATE INDEX "model_jobs_of_upload" ON "graft"."model_jobs" USING btree ("upload_id");--> statement-breakpoint
CREATE INDEX "model_jobs_of_owner" ON "graft"."model_jobs" USING btree ("owner_id","created_at","id");--> statement-breakpoint
CREATE INDEX "model_jobs_by_time" ON "graft"."model_jobs" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "model_jobs_in_state" ON "graft"."model_jobs" USING btree ("state","created_at","id");--> statement-breakpoint
CREATE INDEX "model_jobs_sent" ON "graft"."model_jobs" USING btree ("sent") WHERE "graft"."model_jobs"."sent" is not null;--> statement-breakpoint
CREATE INDEX "model_jobs_result" ON "graft"."model_jobs" USING btree ("result") WHERE "graft"."model_jobs"."result" is not null;