/** What is asked and told of work that makes no run (a sweep, a test of learning rates, features), as plain JSON. */
import * as z from "zod";
import { featureSpaceSchema } from "../features/space.ts";
import { CUT_LAYERS } from "../trunk/cut-layers.ts";

const count = z.int().min(0);
/** JSON has no NaN. */
const figure = z.number().nullable();
const recipe = z.enum(["gap", "classic"]);
const cut = z.enum(CUT_LAYERS);

export const sweepAxesSchema = z.strictObject({
  recipes: z.array(recipe),
  sizes: z.array(z.int()),
  cuts: z.array(cut),
  learningRates: z.array(z.number()),
  seeds: z.array(z.int()),
});

export const searchProgressSchema = z.object({
  phase: z.enum(["features", "heads", "testing"]).meta({
    description: "features: images; heads: of a sweep; testing: learning rates, which takes seconds",
  }),
  done: count,
  total: count,
});
export type SearchProgress = z.infer<typeof searchProgressSchema>;

const spreadSchema = z
  .object({ mean: figure, deviation: figure })
  .meta({ description: "Over the seeds; null where every one diverged" });

export const plainSweepSchema = z.object({
  rows: z
    .array(
      z.object({
        ...{ recipe, size: count, cut, learningRate: z.number() },
        ...{ accuracy: spreadSchema, loss: spreadSchema },
        diverged: count.meta({ description: "Seeds whose loss stopped being a number" }),
        modelBytes: count.meta({ description: "Of the trunk up to the cut and the head" }),
        predictMs: z.number().meta({ description: "Of one image through both" }),
      }),
    )
    .meta({ description: "Best accuracy on the images held back first" }),
  recommended: count.meta({ description: "Place among the rows, from 0" }),
  reason: z.string(),
  images: z.object({ train: count, validation: count }),
});
/** A `SweepResult` without NaN, whose recommended row is a place among the rows. */
export type PlainSweep = z.infer<typeof plainSweepSchema>;

export const foundRateSchema = z.object({
  curve: z
    .array(z.object({ learningRate: z.number(), loss: z.number() }))
    .meta({ description: "The loss after each step, slowest rate first, up to where it blew up" }),
  learningRate: z.number().meta({ description: "Where the loss falls fastest" }),
});

export const weightsInfoSchema = z.object({
  source: z.enum(["bundled", "imagenet", "file", "url"]),
  origin: z.string().meta({ description: "Package or address that they were read from" }),
  sha256: z.string(),
  inputRange: z.tuple([z.number(), z.number()]),
});

/** A `KeptTable`: where the numbers are, not the numbers. */
export const keptTableSchema = z.object({
  numRows: count,
  rowShape: z.array(count),
  space: featureSpaceSchema,
  weights: weightsInfoSchema,
});

export const searchResultSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("sweep"), sweep: plainSweepSchema }),
  z.object({ kind: z.literal("find-rate"), rate: foundRateSchema }),
  z.object({ kind: z.literal("features"), features: keptTableSchema }),
]);
export type SearchResult = z.infer<typeof searchResultSchema>;
