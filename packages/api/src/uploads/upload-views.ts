import { serializedErrorSchema } from "@graft/core";
import * as z from "zod";
import { time, timeOutput } from "../identity/shapes.ts";
import { type FilesWithReason, LABEL_SOURCES, type UploadRow } from "../ports/rows.ts";
import { labelError, labelWords } from "./label-words.ts";

const count = z.int().min(0);

const filesOutput = z.object({
  count,
  first: z.array(z.object({ path: z.string(), reason: z.string() })),
});

export const uploadOutput = z.object({
  id: z.string(),
  dataset: z.string(),
  state: z.enum(["open", "queued", "importing", "done", "failed"]),
  createdAt: timeOutput,
  class: z
    .string()
    .nullable()
    .meta({ description: "All of its pictures go there; null: their folders and names tell" }),
  labelsFrom: z.enum(LABEL_SOURCES).nullable(),
  labelTable: z
    .object({ path: z.string(), column: z.string().nullable() })
    .nullable()
    .meta({ description: "The table among its files that says the classes" }),
  known: z.string().nullable().meta({ description: "A set that graft knows, in place of files" }),
  progress: z
    .object({
      phase: z.enum(["unpacking", "looking", "taking-in"]),
      done: z.number().min(0),
      total: z.number().min(0).meta({ description: "Bytes of archives, files, pictures; 0: not known" }),
    })
    .nullable(),
  result: z
    .object({
      added: count.meta({ description: "Pictures that came in" }),
      same: count.meta({ description: "Pictures whose bytes their class had already" }),
      unsorted: count.meta({ description: "Of those that came in, pictures of no class" }),
      skipped: filesOutput.meta({ description: "Files that were passed over" }),
      broken: filesOutput.meta({ description: "Files that cannot be read; nothing is deleted" }),
      notes: z.array(z.object({ code: z.string(), message: z.string() })),
    })
    .nullable(),
  error: serializedErrorSchema.nullable().meta({ description: "Why it was refused" }),
});

const files = ({ count: all, first }: FilesWithReason): z.infer<typeof filesOutput> => ({
  count: all,
  first: first.map(({ path, reason }) => ({ path, reason })),
});

export function uploadAnswer(upload: UploadRow): z.infer<typeof uploadOutput> {
  const { id, dataset, state, class: of, labelsFrom, known, progress, result, error } = upload;
  const { labelTable } = upload;
  return {
    ...{ id, dataset, state, createdAt: time(upload.createdAt), class: of, labelsFrom, known },
    labelTable: labelTable && { ...labelTable },
    progress: progress && { ...progress },
    result: result && {
      ...{ added: result.added, same: result.same, unsorted: result.unsorted },
      ...{ skipped: files(result.skipped), broken: files(result.broken) },
      notes: result.notes.map(({ code, message }) => ({ code, message: labelWords(message) })),
    },
    error: error && told(labelError(error)),
  };
}

/** Without what is for who mends graft. */
function told({
  stack: _,
  ...error
}: NonNullable<UploadRow["error"]>): z.infer<typeof serializedErrorSchema> {
  return { ...error, facts: { ...error.facts } };
}
