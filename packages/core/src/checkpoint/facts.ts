import * as z from "zod";
import { metricsSchema } from "../events/event-schema.ts";
import type { BestEpoch, Checkpoint } from "./types.ts";

const count = z.int().min(0);

/** Of a checkpoint and of the kept epoch beside it, which has none of its own. */
export const CHECKPOINT_VERSION = 1;

/** All of a checkpoint but its tensors, as its file's header holds it. */
export const checkpointFactsSchema = z.object({
  version: z.literal(CHECKPOINT_VERSION),
  hashes: z.object({
    ...{ config: z.string(), split: z.string(), weights: z.string(), features: z.string() },
    classes: z.string().exactOptional(),
  }),
  options: z.record(z.string(), z.unknown()).default({}),
  backend: z.object({ id: z.string(), engineVersion: z.string(), threads: z.int().exactOptional() }),
  // both came later: a checkpoint without them is of the head, between two epochs
  phase: z
    .object({ name: z.enum(["head", "fine-tune"]), epoch: count, step: count })
    .default({ name: "head", epoch: 0, step: 0 }),
  partial: z.object({ step: count, lossSum: z.number(), correct: count }).nullable().default(null),
  epoch: count,
  step: count,
  history: z.array(metricsSchema),
  // of the file of the kept epoch that goes with it; it came later, and without it any file of that epoch will do
  bestCrc: count.exactOptional(),
  seconds: z.number().min(0),
});
type CheckpointFacts = z.infer<typeof checkpointFactsSchema>;

/** All of a kept epoch but its numbers. */
export const bestFactsSchema = z.object({ epoch: z.int().min(1), metrics: metricsSchema });

/** @param bestCrc checksum of the kept epoch's file, when there is one. */
export function checkpointFacts(checkpoint: Checkpoint, bestCrc: number | undefined): CheckpointFacts {
  const { version, hashes, options, backend, phase, partial, epoch, step, history, seconds } = checkpoint;
  return {
    ...{ version, hashes, options, backend, phase, partial, epoch, step, history: [...history], seconds },
    ...(bestCrc === undefined ? {} : { bestCrc }),
  };
}

export function bestFacts({ epoch, metrics }: BestEpoch): z.infer<typeof bestFactsSchema> {
  return { epoch, metrics };
}
