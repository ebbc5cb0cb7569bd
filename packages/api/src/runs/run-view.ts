import { metricsSchema, RUN_STATUSES, serializedErrorSchema, trainConfigSchema } from "@graft/core";
import * as z from "zod";
import type { RunRow } from "../ports/rows.ts";
import { toldErrorOf } from "../queue/told-error.ts";
import type { InLine } from "../queue/waiting-line.ts";
import { waitingSchema } from "../queue/why-waiting.ts";
import type { Decided } from "./decisions.ts";
import type { PhaseDigest, RunDigest } from "./digest.ts";

const count = z.int().min(0);
const time = z.iso.datetime();

export const RUN_STATES = ["queued", "running", ...RUN_STATUSES] as const;

const progressSchema = z.object({
  phases: z
    .array(
      z.object({
        phase: z.enum(["scan", "trunk", "features", "head", "fine-tune", "evaluate", "save"]),
        startedAt: time,
        endedAt: time.nullable(),
        done: count,
        total: count.meta({ description: "0 where it is not known" }),
        unit: z.enum(["images", "bytes", "steps", "epochs"]).nullable(),
      }),
    )
    .meta({ description: "Of the newest attempt, in their order" }),
  epoch: count.meta({ description: "Finished ones" }),
  epochs: count.meta({ description: "The last one there may be; 0: not known yet" }),
  bestEpoch: count.nullable(),
  checkpoint: z
    .object({ epoch: count, step: count.exactOptional() })
    .nullable()
    .meta({ description: "What the run is gone on from" }),
});

/** A line of a list of runs. */
export const runSchema = z.object({
  id: z.string(),
  dataset: z.string(),
  owner: z.string(),
  number: z.int().min(1).meta({ description: "In its project" }),
  name: z.string().nullable(),
  note: z.string().nullable(),
  state: z.enum(RUN_STATES),
  isStopping: z.boolean(),
  place: z.int().min(1).nullable().meta({ description: "In the queue, from 1; null: it does not wait" }),
  waiting: waitingSchema.nullable(),
  isInUse: z.boolean(),
  notSureBelow: z.number().min(0).max(1).nullable(),
  config: z.object(trainConfigSchema.shape),
  images: z
    .object({ train: count, validation: count, test: count })
    .meta({ description: "Pictures that were frozen for it, on each side" }),
  createdAt: time,
  startedAt: time.nullable(),
  endedAt: time.nullable(),
  metrics: metricsSchema.nullable().meta({ description: "Of the kept epoch" }),
  error: serializedErrorSchema.nullable(),
  worker: z.string().nullable(),
  backend: z.string().nullable(),
  hasModel: z.boolean(),
  rerunOf: z.string().nullable(),
  lastSeq: z.int().min(-1).meta({ description: "Number of the last event; -1: none" }),
  progress: progressSchema.nullable().meta({ description: "Null in lists, for a run that is over" }),
});
export type RunView = z.infer<typeof runSchema>;

/** What a run's own screen needs. */
export const wholeRunSchema = runSchema.extend({
  classes: z.array(z.object({ label: z.string(), train: count, validation: count, test: count })),
  notes: z.array(z.object({ code: z.string(), message: z.string(), isWarning: z.boolean() })),
});
export type WholeRunView = z.infer<typeof wholeRunSchema>;

export const iso = (time: number): string => new Date(time).toISOString();
const isoOrNull = (time: number | null): string | null => (time === null ? null : iso(time));

const phaseView = ({ startedAt, endedAt, ...phase }: PhaseDigest) => ({
  ...phase,
  startedAt: iso(startedAt),
  endedAt: isoOrNull(endedAt),
});

/** @param also what other rows say of it. */
export function runView(
  row: RunRow,
  also: Decided & {
    /** Undefined: it does not wait. */
    readonly inLine: InLine | undefined;
    readonly isInUse: boolean;
    readonly digest: RunDigest | undefined;
  },
): RunView {
  const { stopAsked, frozen: _, frozenEdit: __, createdAt, startedAt, endedAt, ...shown } = row;
  const { digest, name, note, notSureBelow, inLine, isInUse } = also;
  return {
    ...{ ...shown, note, notSureBelow, isInUse, name: name === undefined ? row.name : name },
    ...{ place: inLine?.place ?? null, waiting: inLine?.waiting ?? null },
    ...{ createdAt: iso(createdAt), startedAt: isoOrNull(startedAt), endedAt: isoOrNull(endedAt) },
    ...{ isStopping: stopAsked !== null, error: toldErrorOf(row.error) },
    progress: digest
      ? {
          phases: digest.phases.map(phaseView),
          ...{ epoch: digest.epoch, epochs: digest.epochs, bestEpoch: digest.bestEpoch },
          checkpoint: digest.checkpoint,
        }
      : null,
  };
}
