import * as z from "zod";
import { idInput } from "../identity/shapes.ts";
import { heatMapSchema } from "../models/prediction-view.ts";
import { pageOf } from "../rpc/page-of.ts";
import { procedure } from "../rpc/trpc.ts";
import {
  comparisonSchema,
  disagreementSchema,
  resultPictureSchema,
  resultSchema,
  thresholdsSchema,
} from "./result-view.ts";

const run = z.string().min(1).max(100).meta({ description: "Id of a run" });
const runs = z.array(run).min(2).max(6).meta({ description: "Runs of one project" });
const page = {
  after: z.string().max(100).optional(),
  limit: z.int().min(1).max(500).default(100),
};

/** What came of runs. */
export const resultProcedures = {
  result: procedure
    .meta({
      summary: "How a run's model does on the pictures that were held back",
      ...{ method: "GET", path: "/runs/{run}/result", example: { run: "$run" } },
    })
    .input(z.strictObject({ run }))
    .output(resultSchema)
    .query(({ ctx, input }) => ctx.services.results.result(ctx.caller, input.run)),

  pictures: procedure
    .meta({
      summary: "Held-back pictures with their answers: of a cell, mistakes, doubtful ones",
      ...{ method: "GET", path: "/runs/{run}/pictures", example: { run: "$run", which: "all" } },
    })
    .input(
      z.strictObject({
        run,
        which: z.enum(["all", "mistakes", "doubtful"]).default("all"),
        truth: z.string().optional().meta({ description: "Only of this class" }),
        said: z.string().optional().meta({ description: "Only those that were said to be of this class" }),
        ...page,
      }),
    )
    .output(pageOf(resultPictureSchema))
    .query(async ({ ctx, input }) => {
      const { items, next } = await ctx.services.results.pictures(ctx.caller, input);
      return { items: [...items], next: next ?? null };
    }),

  thresholds: procedure
    .meta({
      summary: 'What comes of saying "not sure" below a score',
      ...{ method: "GET", path: "/runs/{run}/thresholds", example: { run: "$run" } },
    })
    .input(
      z.strictObject({
        run,
        most: z.int().min(10).max(10_000).default(1000).meta({ description: "Rows" }),
        target: z.number().gt(0).max(1).optional().meta({ description: "Wanted share of right answers" }),
      }),
    )
    .output(thresholdsSchema)
    .query(({ ctx, input }) => ctx.services.results.thresholds(ctx.caller, input)),

  heatMaps: procedure
    .meta({
      summary: "Where a run's model looked in pictures, as far as that was computed (modelJobs.explain)",
      ...{ method: "GET", path: "/runs/{run}/heat-maps", example: { run: "$run", images: ["$image"] } },
    })
    .input(z.strictObject({ run, images: z.array(idInput).min(1).max(200) }))
    .output(z.array(heatMapSchema.extend({ image: z.string() })))
    .query(async ({ ctx, input }) => [...(await ctx.services.results.heatMaps(ctx.caller, input))]),

  compare: procedure
    .meta({
      summary: "What differs between 2 to 6 runs, and whether that could be chance",
      ...{ method: "GET", path: "/comparison", example: { runs: ["$run", "$otherRun"] } },
    })
    .input(z.strictObject({ runs }))
    .output(comparisonSchema)
    .query(({ ctx, input }) => ctx.services.results.compare(ctx.caller, input.runs)),

  disagreements: procedure
    .meta({
      summary: "Pictures that some of 2 to 6 runs have right and others not",
      ...{ method: "GET", path: "/comparison/disagreements", example: { runs: ["$run", "$otherRun"] } },
    })
    .input(z.strictObject({ runs, ...page }))
    .output(pageOf(disagreementSchema))
    .query(async ({ ctx, input }) => {
      const { items, next } = await ctx.services.results.disagreements(ctx.caller, input);
      return { items: [...items], next: next ?? null };
    }),
} as const;
