import {
  foundRateSchema,
  plainSweepSchema,
  type SearchResult,
  searchProgressSchema,
  sweepAxesSchema,
  trainConfigSchema,
  weightsInfoSchema,
} from "@graft/core";
import * as z from "zod";
import { time, timeOrNull, timeOutput } from "../identity/shapes.ts";
import { SEARCH_KINDS, type SearchRow } from "../ports/search-rows.ts";
import { WORK_STATES } from "../ports/work-rows.ts";
import { toldErrorOf, toldErrorSchema } from "../queue/told-error.ts";
import type { InLine } from "../queue/waiting-line.ts";
import { waitingSchema } from "../queue/why-waiting.ts";

const count = z.int().min(0);

/** Options as they were given: none is filled in, as each recipe of a sweep has its own. */
const givenOptions = z.object(
  Object.fromEntries(
    Object.entries(trainConfigSchema.shape).map(([key, option]) => [
      key,
      z.optional(option instanceof z.ZodDefault ? option.unwrap() : option),
    ]),
  ),
);

/** What a search tells, whenever one of these changes. */
export const searchEventSchema = z.object({
  state: z.enum(WORK_STATES),
  progress: searchProgressSchema.nullable(),
});
export type SearchEvent = z.infer<typeof searchEventSchema>;

/** A line of a list of searches. */
export const searchSchema = searchEventSchema.extend({
  id: z.string(),
  dataset: z.string(),
  owner: z.string(),
  kind: z.enum(SEARCH_KINDS),
  isStopping: z.boolean(),
  place: z.int().min(1).nullable().meta({ description: "In the queue, from 1; null: it does not wait" }),
  waiting: waitingSchema.nullable(),
  config: givenOptions,
  axes: sweepAxesSchema.nullable().meta({ description: "What a sweep goes over" }),
  pool: z
    .enum(["avg", "none"])
    .nullable()
    .meta({ description: "Of features: one vector an image, or the whole block" }),
  images: z
    .object({ train: count, validation: count, test: count })
    .meta({ description: "Pictures that were frozen for it, on each side" }),
  createdAt: timeOutput,
  startedAt: timeOutput.nullable(),
  endedAt: timeOutput.nullable(),
  error: toldErrorSchema.nullable(),
  worker: z.string().nullable(),
});
export type SearchView = z.infer<typeof searchSchema>;

/** With what it found. */
export const wholeSearchSchema = searchSchema.extend({
  sweep: plainSweepSchema.nullable().meta({ description: "Of a sweep that is completed" }),
  rate: foundRateSchema.nullable().meta({ description: "Of a test of learning rates that is completed" }),
  features: z
    .object({
      shape: z.array(count).meta({ description: "Pictures, and of each [channels] or [h, w, channels]" }),
      backend: z.string(),
      weights: weightsInfoSchema,
    })
    .nullable()
    .meta({
      description: "Of features that are computed; the numbers are at /searches/{search}/features.npy",
    }),
});
export type WholeSearchView = z.infer<typeof wholeSearchSchema>;

export const eventOf = ({ state, progress }: SearchRow): SearchEvent => ({
  state,
  progress: progress && { ...progress },
});

/** @param inLine undefined: it does not wait. */
export function searchView(row: SearchRow, inLine: InLine | undefined): SearchView {
  const { id, dataset, owner, kind, config, axes, pool, images, worker, isStopAsked } = row;
  return {
    ...{ ...eventOf(row), id, dataset, owner, kind, pool, worker, isStopping: isStopAsked },
    ...{ place: inLine?.place ?? null, waiting: inLine?.waiting ?? null },
    ...{ config: givenOptions.parse(config), images: { ...images } },
    axes: axes && {
      ...{ recipes: [...axes.recipes], sizes: [...axes.sizes], cuts: [...axes.cuts] },
      ...{ learningRates: [...axes.learningRates], seeds: [...axes.seeds] },
    },
    ...{ createdAt: time(row.createdAt), startedAt: timeOrNull(row.startedAt) },
    endedAt: timeOrNull(row.endedAt),
    error: toldErrorOf(row.error),
  };
}

export function wholeSearchView(row: SearchRow, inLine: InLine | undefined): WholeSearchView {
  const { result } = row;
  return {
    ...searchView(row, inLine),
    sweep: result?.kind === "sweep" ? result.sweep : null,
    rate: result?.kind === "find-rate" ? result.rate : null,
    features: result?.kind === "features" ? featuresView(result.features) : null,
  };
}

function featuresView({
  numRows,
  rowShape,
  space: { backend },
  weights,
}: Extract<SearchResult, { kind: "features" }>["features"]): WholeSearchView["features"] {
  return { shape: [numRows, ...rowShape], backend, weights };
}
