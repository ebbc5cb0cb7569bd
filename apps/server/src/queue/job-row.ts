import { JOB_KINDS, type Job, type NewJob } from "@graft/api";
import {
  CoreError,
  type SerializedError,
  serializedErrorSchema,
  serializeError,
  shardSchema,
} from "@graft/core";
import * as z from "zod";
import { RETRIES } from "./job-table.ts";

/** `data` of a row: what was submitted, and `KeptJob`. */
const dataSchema = z.object({
  id: z.string(),
  kind: z.enum(JOB_KINDS),
  subject: z.string(),
  owner: z.string(),
  backend: z.string().exactOptional(),
  shard: shardSchema.exactOptional(),
  request: z.string().exactOptional(),
  worker: z.string().exactOptional(),
  begun: z.int().exactOptional(),
});

const rowSchema = z.object({
  state: z.enum(["created", "retry", "active", "completed", "cancelled", "failed"]),
  data: dataSchema,
  output: z.unknown(),
  submittedAt: z.number(),
  place: z.int().nullish(),
});

const STATES: Readonly<Record<z.infer<typeof rowSchema>["state"], Job["state"]>> = {
  ...{ created: "waiting", retry: "waiting", active: "active" },
  ...{ completed: "done", cancelled: "cancelled", failed: "failed" },
};

/** Why a job failed that no worker told anything about. */
export const SILENT: SerializedError = serializeError(
  new CoreError("backend", {
    what: `The worker ended unexpectedly, ${RETRIES + 1} times without getting any further.`,
    fix: "There may be too little memory for this job; the log of the server or of the worker says more.",
  }),
);

/** What a new job's row keeps. */
export const dataOf = ({
  id,
  kind,
  subject,
  owner,
  backend,
  shard,
  request,
}: NewJob): z.infer<typeof dataSchema> => ({
  ...{ id, kind, subject, owner },
  ...(backend === undefined ? {} : { backend }),
  ...(shard === undefined ? {} : { shard }),
  ...(request === undefined ? {} : { request }),
});

/** A row of `JobTable`'s statements. @throws ZodError for one that graft did not write. */
export function jobOf(row: unknown): Job {
  const { state, data, output, submittedAt, place } = rowSchema.parse(row);
  const { begun = 0, worker, ...job } = data;
  const error = state === "failed" ? (serializedErrorSchema.safeParse(output).data ?? SILENT) : undefined;
  return {
    ...{ ...job, state: STATES[state], submittedAt },
    attempts: state === "active" ? begun - 1 : begun,
    ...(worker !== undefined && state === "active" ? { worker } : {}),
    ...(place == null ? {} : { place }),
    ...(error ? { error } : {}),
  };
}
