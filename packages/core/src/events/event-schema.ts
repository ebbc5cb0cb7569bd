import * as z from "zod";
import type { TrainEvent } from "./events.ts";

/** Any JSON; schemas that others read say so. */
const json = z.unknown().meta({ type: ["object", "array", "string", "number", "boolean", "null"] });
const metric = z.number().exactOptional();
export const metricsSchema = z.object({
  loss: metric,
  accuracy: metric,
  valLoss: metric,
  valAccuracy: metric,
  float32ValAccuracy: metric,
});

export const RUN_STATUSES = ["completed", "failed", "cancelled", "interrupted"] as const;

export const serializedErrorSchema = z.object({
  name: z.string(),
  code: z.enum([
    ...([
      "bad-input",
      "not-found",
      "unsupported",
      "corrupt",
      "limit",
      "weights-mismatch",
      "diverged",
    ] as const),
    ...(["backend", "offline", "disk-full", "unreadable", "conflict", "cancelled", "internal"] as const),
    ...(["unauthorized", "forbidden", "busy"] as const),
  ]),
  message: z.string(),
  facts: z.record(z.string(), json),
  // they came later: an older log has none
  parts: z
    .object({
      what: z.string(),
      received: z.string().exactOptional(),
      expected: z.string().exactOptional(),
      fix: z.string().exactOptional(),
    })
    .exactOptional(),
  stack: z.string().exactOptional(),
});

const base = { run: z.string(), seq: z.int().min(0), time: z.number() };
const count = z.int().min(0);
const phase = z.enum(["scan", "trunk", "features", "head", "fine-tune", "evaluate", "save"]);

/** Every event, as a log holds it; fields that a newer graft added are left out. */
export const trainEventSchema: z.ZodType<TrainEvent> = z.discriminatedUnion("type", [
  z.object({
    ...base,
    type: z.literal("run-start"),
    resumedFromEpoch: count.exactOptional(),
    labels: z.array(z.string()),
    images: z.object({ train: count, validation: count, test: count }),
    backend: z.string(),
    weights: z.string(),
  }),
  z.object({ ...base, type: z.literal("phase-start"), phase, total: count.exactOptional() }),
  z.object({
    ...{ ...base, phase, done: count, total: count },
    type: z.literal("progress"),
    unit: z.enum(["images", "bytes", "steps"]),
    rate: z.number().exactOptional(),
  }),
  z.object({
    ...{ ...base, epoch: count, step: count, steps: count },
    // it came later: a log without it is read all the same
    epochs: count.default(0),
    type: z.literal("step-end"),
    loss: z.number(),
  }),
  z.object({
    ...{ ...base, epoch: count, epochs: count },
    type: z.literal("epoch-end"),
    loss: z.number(),
    accuracy: z.number(),
    valLoss: metric,
    valAccuracy: metric,
    seconds: z.number(),
    best: z.boolean(),
  }),
  z.object({ ...base, type: z.literal("warning"), code: z.string(), message: z.string() }),
  z.object({ ...base, type: z.literal("note"), code: z.string(), message: z.string() }),
  z.object({ ...base, type: z.literal("checkpoint"), epoch: count, step: count.exactOptional() }),
  z.object({
    ...base,
    type: z.literal("run-end"),
    status: z.enum(RUN_STATUSES),
    metrics: metricsSchema.exactOptional(),
    keptEpoch: count.exactOptional(),
    lastEpoch: metricsSchema.exactOptional(),
    epochs: count,
    steps: count.exactOptional(),
    seconds: z.number(),
    backend: z.string(),
    model: z.string().exactOptional(),
    error: serializedErrorSchema.exactOptional(),
  }),
]);
