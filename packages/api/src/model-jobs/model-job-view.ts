import * as z from "zod";
import { time, timeOrNull, timeOutput } from "../identity/shapes.ts";
import { FORMATS } from "../models/export-view.ts";
import { MODEL_JOB_KINDS, type ModelJobAsked, type ModelJobRow } from "../ports/model-job-rows.ts";
import { WORK_STATES } from "../ports/work-rows.ts";
import { toldErrorOf, toldErrorSchema } from "../queue/told-error.ts";
import type { InLine } from "../queue/waiting-line.ts";
import { waitingSchema } from "../queue/why-waiting.ts";

const count = z.int().min(0);

const askedSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("evaluate"),
    part: z.enum(["train", "validation", "test", "all"]).nullable(),
    precisionTarget: z.number().nullable(),
    ...{ splitGap: z.boolean(), page: z.boolean() },
  }),
  z.object({
    kind: z.literal("explain"),
    images: count.nullable().meta({ description: "Pictures that were named; null: all that were held back" }),
  }),
  z.object({
    kind: z.literal("export"),
    format: z.enum(FORMATS),
    columns: z.union([z.literal(1), z.literal(2)]).nullable(),
  }),
]);

/** What a model job tells, whenever one of these changes. */
export const modelJobEventSchema = z.object({
  state: z.enum(WORK_STATES),
  progress: z
    .object({ done: count, total: count })
    .nullable()
    .meta({ description: "Pictures that are explained; null where nobody counts" }),
});

export const modelJobSchema = modelJobEventSchema.extend({
  id: z.string(),
  kind: z.enum(MODEL_JOB_KINDS),
  run: z.string(),
  dataset: z.string().nullable().meta({ description: "Whose pictures it looks at" }),
  upload: z.string().nullable().meta({ description: "Whose pictures are evaluated" }),
  owner: z.string(),
  asked: askedSchema,
  isStopping: z.boolean(),
  place: z.int().min(1).nullable().meta({ description: "In the queue, from 1; null: it does not wait" }),
  waiting: waitingSchema.nullable(),
  createdAt: timeOutput,
  startedAt: timeOutput.nullable(),
  endedAt: timeOutput.nullable(),
  error: toldErrorSchema.nullable(),
});
export type ModelJobView = z.infer<typeof modelJobSchema>;

function askedView(asked: ModelJobAsked): ModelJobView["asked"] {
  if (asked.kind === "explain") return { kind: "explain", images: asked.images?.length ?? null };
  if (asked.kind === "export")
    return { kind: "export", format: asked.format, columns: asked.columns ?? null };
  const { kind, part = null, precisionTarget = null, splitGap, page } = asked;
  return { kind, part, precisionTarget, splitGap, page };
}

/** @param inLine undefined: it does not wait. */
export function modelJobView(row: ModelJobRow, inLine: InLine | undefined): ModelJobView {
  const { id, kind, run, dataset, upload, owner, state, progress, isStopAsked } = row;
  return {
    ...{ id, kind, run, dataset, upload, owner, state, isStopping: isStopAsked },
    progress: progress && { ...progress },
    asked: askedView(row.asked),
    ...{ place: inLine?.place ?? null, waiting: inLine?.waiting ?? null },
    ...{ createdAt: time(row.createdAt), startedAt: timeOrNull(row.startedAt) },
    endedAt: timeOrNull(row.endedAt),
    error: toldErrorOf(row.error),
  };
}
