/**
 * What a host and a worker say to each other. Every message has the protocol's version; bulk data goes in answers and calls,
 * never in events. One worker works on one job at a time.
 */
import * as z from "zod";
import { CoreError } from "../errors.ts";
import {
  metricsSchema,
  RUN_STATUSES,
  serializedErrorSchema,
  trainEventSchema,
} from "../events/event-schema.ts";
import { inputFaultsText } from "../input-faults.ts";
import { trainingScoreSchema } from "../jobs/score-training.ts";
import { modelFactsSchema } from "../model/manifest.ts";
import { isRunId } from "../runs/run-id.ts";
import { searchProgressSchema, searchResultSchema, sweepAxesSchema } from "../sweep/search-schema.ts";

export const PROTOCOL_VERSION = 5;

const base = { v: z.literal(PROTOCOL_VERSION) };
const number = z.int().min(0);

/** What a worker can be asked to do. */
export const workSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("train"),
    /** A `TrainConfigInput`, which the job parses: its own words tell which option is wrong. */
    config: z.record(z.string(), z.unknown()),
    /** What the host finds the data set by. */
    dataset: z.string(),
    /** What people call it. */
    datasetName: z.string(),
    /** Id of the run, where the host has one for it. */
    run: z.string().refine(isRunId, "it must be a run's id").exactOptional(),
    /** Of its first event, where the host has told some already. */
    firstSeq: number.exactOptional(),
    out: z.string().exactOptional(),
    force: z.boolean().exactOptional(),
    testFraction: z.number().min(0).lt(1).exactOptional(),
    command: z.array(z.string()).exactOptional(),
    score: z.boolean().exactOptional(),
  }),
  z.strictObject({
    kind: z.literal("resume"),
    run: z.string(),
    out: z.string().exactOptional(),
    mayReplace: z.boolean(),
    /** What the run's record says of that from now on. */
    change: z.object({ out: z.string().exactOptional(), force: z.boolean().exactOptional() }).exactOptional(),
    /** Score the model, too, on the images that were held back. */
    score: z.boolean().exactOptional(),
  }),
  /** Compute features of a run that another worker trains, in shards that the host gives (`ShardBoard`). */
  z.strictObject({
    kind: z.literal("extract"),
    run: z.string(),
    /** Id of the backend. */
    backend: z.string(),
  }),
]);
export type Work = z.infer<typeof workSchema>;
/** Of a run's own worker. */
export type TrainingWork = Exclude<Work, { readonly kind: "extract" }>;

const ofSearch = { config: z.record(z.string(), z.unknown()), dataset: z.string() };

/** A search for good settings, or features: work that makes no run. Its result is told whole, and one that was cut off is done again. */
export const searchWorkSchema = z.discriminatedUnion("kind", [
  /** Its config has no recipe: the axes have. */
  z.strictObject({ kind: z.literal("sweep"), ...ofSearch, axes: sweepAxesSchema }),
  z.strictObject({ kind: z.literal("find-rate"), ...ofSearch }),
  /** The host's cache is where their rows go: `KeptTable` says under which names. */
  z.strictObject({ kind: z.literal("features"), ...ofSearch, pool: z.enum(["avg", "none"]) }),
]);
export type SearchWork = z.infer<typeof searchWorkSchema>;

export const isSearchWork = (work: Work | SearchWork): work is SearchWork =>
  searchWorkSchema.options.some(({ shape }) => shape.kind.value === work.kind);

const workspaceEventSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("notice"), message: z.string() }),
  z.object({ type: z.literal("scan"), done: z.number(), total: z.number() }),
  z.object({
    type: z.literal("fetch"),
    what: z.enum(["dataset", "weights"]),
    progress: z.object({
      done: z.number(),
      total: z.number().exactOptional(),
      waiting: z
        .object({ seconds: z.number(), limitSeconds: z.number(), attempt: z.number(), attempts: z.number() })
        .exactOptional(),
    }),
  }),
]);

/** Host to worker. */
const commandSchema = z.discriminatedUnion("type", [
  z.object({ ...base, type: z.literal("start"), job: number, work: workSchema }),
  z.object({ ...base, type: z.literal("search"), job: number, work: searchWorkSchema }),
  /** Stop where it can be gone on from. */
  z.object({ ...base, type: z.literal("stop"), job: number }),
  /** Keep where the training stands, at the end of the running step; a `checkpoint` event tells of it. */
  z.object({ ...base, type: z.literal("checkpoint"), job: number }),
  /** Stop for good. */
  z.object({ ...base, type: z.literal("cancel"), job: number }),
  /** End, when what is under way has stopped. */
  z.object({ ...base, type: z.literal("dispose") }),
  /** Of a call of the worker. */
  z.object({ ...base, type: z.literal("answer"), call: number, value: z.unknown() }),
  z.object({ ...base, type: z.literal("refusal"), call: number, error: serializedErrorSchema }),
  /** How far a call is. */
  z.object({ ...base, type: z.literal("progress"), call: number, event: workspaceEventSchema }),
]);
export type Command = z.infer<typeof commandSchema>;

/** How a job of training ended, for who is elsewhere. */
const workEndSchema = z.object({
  status: z.enum(RUN_STATUSES),
  /** The run's id, when there is one. */
  run: z.string().exactOptional(),
  where: z.string().exactOptional(),
  metrics: metricsSchema.exactOptional(),
  keptEpoch: number.exactOptional(),
  epochs: number,
  steps: number.exactOptional(),
  error: serializedErrorSchema.exactOptional(),
  /** Of the model. */
  manifest: modelFactsSchema.exactOptional(),
  /** What was asked for; images that cannot be read any more are an error, and the model is there all the same. */
  score: z.union([trainingScoreSchema, z.object({ error: serializedErrorSchema })]).exactOptional(),
  /** Path of an image that was held back, where the data set lies on the worker's disk. */
  example: z.string().exactOptional(),
});
export type WorkEnd = z.infer<typeof workEndSchema>;

/** Worker to host. */
const reportSchema = z.discriminatedUnion("type", [
  z.object({ ...base, type: z.literal("ready") }),
  z.object({ ...base, type: z.literal("event"), job: number, event: trainEventSchema }),
  /** Something that only the host can do; see `CALL_PARAMS`. */
  z.object({ ...base, type: z.literal("call"), call: number, method: z.string(), params: z.unknown() }),
  z.object({ ...base, type: z.literal("done"), job: number, end: workEndSchema }),
  /** How far a search is, and what it found. */
  z.object({ ...base, type: z.literal("searching"), job: number, progress: searchProgressSchema }),
  z.object({ ...base, type: z.literal("found"), job: number, result: searchResultSchema }),
  /** A defect, or a command that cannot be followed. */
  z.object({ ...base, type: z.literal("error"), job: number.exactOptional(), error: serializedErrorSchema }),
]);
export type Report = z.infer<typeof reportSchema>;

/** Apart from the messages: a schema that is made for each would be compiled for each, which took as long as all else of it. */
const versionSchema = z.object({ v: z.number() });

/** @throws CoreError `unsupported` for another version, `bad-input`. */
function parse<T>(schema: z.ZodType<T>, message: unknown, from: string): T {
  const version = versionSchema.safeParse(message).data?.v;
  if (version !== undefined && version !== PROTOCOL_VERSION) {
    throw new CoreError("unsupported", {
      what: `The ${from} speaks another version of graft's protocol.`,
      received: `version ${version}`,
      expected: `version ${PROTOCOL_VERSION}`,
      fix: "Use the same version of graft on both sides.",
    });
  }
  const parsed = schema.safeParse(message);
  if (parsed.success) return parsed.data;
  throw new CoreError("bad-input", {
    what: `The ${from} sent a message that cannot be read.`,
    received: inputFaultsText(parsed.error, message),
    fix: "Use the same version of graft on both sides.",
  });
}

/** @throws CoreError `unsupported` for another version, `bad-input`. */
export const parseCommand = (message: unknown): Command => parse(commandSchema, message, "host");

/** @throws CoreError `unsupported` for another version, `bad-input`. */
export const parseReport = (message: unknown): Report => parse(reportSchema, message, "worker");
