import * as z from "zod";
import { trainConfigSchema } from "../config/config.ts";
import { CoreError } from "../errors.ts";
import { metricsSchema, RUN_STATUSES, serializedErrorSchema } from "../events/event-schema.ts";
import type { RunEndEvent } from "../events/events.ts";
import { newerVersionError } from "../files/newer-version.ts";
import { inputFaultsText } from "../input-faults.ts";

const kind = z.enum(["cuda", "webgpu", "cpu", "wasm"]);

/** run.json: what a run is, where it was computed and what came of it. */
const runRecordSchema = z.object({
  version: z.literal(1),
  id: z.string(),
  /** ISO 8601. */
  created: z.string(),
  updated: z.string(),
  /** How it stands as far as its own process said; `RunFolder.state` knows more. */
  status: z.enum(["created", "running", ...RUN_STATUSES]),
  // not strict: an option that a newer graft added is left out here, and the checkpoint's hash refuses to go on with it
  config: z.object(trainConfigSchema.shape),
  /** What the user calls the data set: a known set's name, a folder, an archive. */
  datasetName: z.string(),
  /** What is to be shown of it: numbers of images, classes, warnings. */
  dataset: z.record(z.string(), z.unknown()).exactOptional(),
  weights: z.object({
    source: z.enum(["bundled", "imagenet", "file", "url"]),
    origin: z.string(),
    sha256: z.string(),
    inputRange: z.tuple([z.number(), z.number()]),
  }),
  /**
   * What the run began with, to be asked for again also before there is a checkpoint: hashes as in `RunHashes`. An older
   * graft noted none of it.
   */
  began: z
    .object({
      config: z.string(),
      split: z.string(),
      classes: z.string().exactOptional(),
      /** The class names that labels count in. */
      labels: z.array(z.string()).exactOptional(),
    })
    .exactOptional(),
  /** Where the model is to go, absolute. @default the run's own folder */
  out: z.string().exactOptional(),
  /** A model that is there already may be replaced (`--force`). */
  force: z.boolean().exactOptional(),
  /** The words after `graft`. */
  command: z.array(z.string()).exactOptional(),
  backend: z
    .object({
      id: z.string(),
      name: z.string(),
      engine: z.string(),
      engineVersion: z.string(),
      threads: z.int().exactOptional(),
      software: z.boolean().exactOptional(),
      notes: z.array(z.string()).readonly().exactOptional(),
    })
    .exactOptional(),
  /** Backends that would have been preferred, and why they were not used. */
  refusals: z.array(z.object({ id: z.string(), kind, reason: z.string() })).exactOptional(),
  /** Of the kept epoch. */
  metrics: metricsSchema.exactOptional(),
  keptEpoch: z.int().exactOptional(),
  lastEpoch: metricsSchema.exactOptional(),
  /** Finished ones. */
  epochs: z.int().exactOptional(),
  /** Of a stopped run: steps of the next epoch that are kept. */
  steps: z.int().exactOptional(),
  seconds: z.number().exactOptional(),
  /** The model's folder. */
  model: z.string().exactOptional(),
  error: serializedErrorSchema.exactOptional(),
});

/** See {@link runRecordSchema}. */
export type RunRecord = Readonly<z.infer<typeof runRecordSchema>>;

/** What may change while a run lives; a key with undefined is taken out. */
export type RunRecordChange = {
  readonly [Key in Exclude<keyof RunRecord, "version" | "id" | "created" | "updated" | "began">]?:
    | RunRecord[Key]
    | undefined;
};

/** What the record says of a run that has ended. */
export function recordOfEnd(end: RunEndEvent): RunRecordChange {
  const { status, metrics, keptEpoch, lastEpoch, epochs, steps, seconds, model, error } = end;
  return { status, metrics, keptEpoch, lastEpoch, epochs, steps, seconds, model, error };
}

/** @throws CoreError `corrupt`; `unsupported` for a newer version. */
export function parseRunRecord(json: unknown, path: string): RunRecord {
  const version = z.object({ version: z.number() }).safeParse(json).data?.version;
  if (version !== undefined && version > 1) {
    throw newerVersionError(path, `version ${version}`, "version 1");
  }
  const parsed = runRecordSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new CoreError("corrupt", {
    what: `${path} is not a run record.`,
    received: inputFaultsText(parsed.error, json),
    fix: "Remove the run with `graft runs delete`.",
  });
}
