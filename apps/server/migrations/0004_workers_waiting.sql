ALTER TABLE "graft"."workers" ADD COLUMN "names" text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE "graft"."workers" ADD COLUMN "owner" text collate "C";--> statement-breakpoint
ALTER TABLE "graft"."workers" ADD COLUMN "state" text collate "C" DEFAULT 'ready' NOT NULL;