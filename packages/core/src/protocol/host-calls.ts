/**
 * What a worker that shares no folder asks of its host. Rows of features and checkpoints cross in their bytes on disk;
 * weights and models as tensors by name.
 */
import * as z from "zod";
import { type TrainConfig, trainConfigSchema } from "../config/config.ts";
import type { Dataset, Split } from "../dataset/types.ts";
import { trainEventSchema } from "../events/event-schema.ts";
import type { TrainEvent } from "../events/events.ts";
import { type NextShard, shardSchema } from "../features/shard.ts";
import { featureSpaceSchema } from "../features/space.ts";
import type { WorkspaceEvent } from "../jobs/workspace.ts";
import type { RunBeginning } from "../runs/run-beginning.ts";
import { isRunId } from "../runs/run-id.ts";
import type { RunRecord } from "../runs/run-record.ts";
import type { RunState } from "../runs/types.ts";
import type { TrunkWeights } from "../trunk/types.ts";

const bytes = z.instanceof(Uint8Array);
const text = z.string();
const id = z.int().min(0);
const hash = text.regex(/^[0-9a-f]{64}$/);
const key = z.object({ hash, variant: z.int().min(0) });
const range = z.tuple([z.number(), z.number()]);

/** Parameters of each call, as they are parsed where they arrive. */
export const CALL_PARAMS = {
  "dataset.open": z.object({
    name: text,
    request: z.object({
      purpose: z.enum(["train", "score"]).optional(),
      knownLabels: z.array(text).optional(),
      groupPrefix: z.boolean().optional(),
      labelsFrom: text.optional(),
    }),
  }),
  "dataset.has": z.object({ name: text }),
  /** The bytes of an image's file. */
  "image.read": z.object({ set: id, path: text }),
  "weights.load": z.object({ weights: text, inputRange: range.optional(), cut: text.optional() }),
  "weights.has": z.object({ name: text }),
  "features.get": z.object({ space: featureSpaceSchema, keys: z.array(key) }),
  "features.has": z.object({ space: featureSpaceSchema, keys: z.array(key) }),
  /** Records, as `encodeRecord` makes them. */
  "features.put": z.object({ space: featureSpaceSchema, records: z.array(bytes) }),
  "features.lease": z.object({ space: featureSpaceSchema }),
  "features.release": z.object({ lease: id }),
  "shards.helpers": z.object({ backend: text }),
  "shards.offer": z.object({ backend: text, shards: z.array(shardSchema) }),
  "shards.next": z.object({}),
  /** For a worker that helps with a run. */
  "help.open": z.object({ run: text }),
  "run.create": z.object({
    id: text.refine(isRunId, "it must be a run's id"),
    config: trainConfigSchema,
    datasetName: text,
    dataset: z.record(text, z.unknown()).optional(),
    split: z.unknown(),
    /** The opened data set that the split is of. */
    set: id,
    weights: z.object({
      source: z.enum(["bundled", "imagenet", "file", "url"]),
      origin: text,
      sha256: text,
      inputRange: range,
    }),
    command: z.array(text).optional(),
    out: text.optional(),
    force: z.boolean().optional(),
  }),
  "run.open": z.object({ run: text }),
  "run.beginning": z.object({ run: text }),
  "run.lock": z.object({ run: text }),
  "run.unlock": z.object({ lock: id }),
  "run.update": z.object({ run: text, change: z.record(text, z.unknown()) }),
  "run.append": z.object({ run: text, event: trainEventSchema }),
  "run.events": z.object({ run: text }),
  "run.state": z.object({ run: text }),
  "checkpoint.load": z.object({ run: text }),
  /** The files of `encodeCheckpoint`. */
  "checkpoint.save": z.object({ run: text, checkpoint: bytes, best: bytes.optional() }),
  "checkpoint.clear": z.object({ run: text }),
  "model.save": z.object({ run: text, model: z.unknown(), out: text.optional(), mayReplace: z.boolean() }),
  /** Once its model is saved. */
  "answers.save": z.object({
    run: text,
    labels: z.array(text),
    hashes: z.array(hash),
    probabilities: z.instanceof(Float32Array),
  }),
} as const;

export type CallMethod = keyof typeof CALL_PARAMS;
export type CallParams<Method extends CallMethod> = z.infer<(typeof CALL_PARAMS)[Method]>;

/** A run as a worker first sees it. */
export interface RunMessage {
  readonly id: string;
  readonly record: RunRecord;
  readonly split: Split;
}

/** What each call is answered with. */
export interface CallResults {
  readonly "dataset.open": {
    readonly set: number;
    readonly dataset: Dataset;
    readonly split?: Split;
  };
  readonly "dataset.has": boolean;
  readonly "image.read": Uint8Array;
  readonly "weights.load": TrunkWeights;
  readonly "weights.has": boolean;
  /** A record for each key, in their order; null where there is none. */
  readonly "features.get": readonly (Uint8Array | null)[];
  readonly "features.has": readonly boolean[];
  readonly "features.put": null;
  readonly "features.lease": number;
  readonly "features.release": null;
  readonly "shards.helpers": number;
  readonly "shards.offer": null;
  readonly "shards.next": NextShard;
  readonly "help.open": {
    /** Of which images are asked for. */
    readonly set: number;
    readonly config: TrainConfig;
    readonly weights: TrunkWeights;
    readonly learnsLikeness: boolean;
  };
  readonly "run.create": RunMessage;
  readonly "run.open": RunMessage;
  readonly "run.beginning": RunBeginning;
  readonly "run.lock": number;
  readonly "run.unlock": null;
  readonly "run.update": RunRecord;
  readonly "run.append": null;
  readonly "run.events": readonly TrainEvent[];
  readonly "run.state": RunState;
  readonly "checkpoint.load": {
    readonly fallbacks: readonly string[];
    readonly checkpoint?: Uint8Array;
    readonly best?: Uint8Array;
  };
  readonly "checkpoint.save": null;
  readonly "checkpoint.clear": null;
  readonly "model.save": string;
  readonly "answers.save": null;
}

/** Asks the host. @param onEvent hears how far it is. @throws what the host throws. */
export type CallHost = <Method extends CallMethod>(
  method: Method,
  params: CallParams<Method>,
  onEvent?: (event: WorkspaceEvent) => void,
) => Promise<CallResults[Method]>;
