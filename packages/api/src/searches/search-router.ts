import { CUT_LAYERS } from "@graft/core";
import * as z from "zod";
import { idInput, pageInput } from "../identity/shapes.ts";
import { pageOf } from "../rpc/page-of.ts";
import { streamOf, withIds } from "../rpc/stream-of.ts";
import { procedure, router } from "../rpc/trpc.ts";
import { configInput } from "../runs/config-input.ts";
import { wholeRunSchema } from "../runs/run-view.ts";
import { searchEventSchema, searchSchema, wholeSearchSchema } from "./search-view.ts";

const search = idInput.meta({ description: "Id of a search" });
const ofNewSearch = {
  dataset: idInput,
  config: configInput.default({}),
  key: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .meta({ description: "The same key makes the same search of a data set, however often it is sent" }),
};

/** As `graft sweep` goes over them where nothing is said. */
const axesInput = z.strictObject({
  recipes: z
    .array(z.enum(["gap", "classic"]))
    .min(1)
    .max(2)
    .default(["gap"]),
  sizes: z.array(z.int().min(75).max(2048)).min(1).max(20).default([150]),
  cuts: z
    .array(z.enum(CUT_LAYERS))
    .min(1)
    .max(CUT_LAYERS.length)
    .default(["mixed4", "mixed5", "mixed6", "mixed7", "mixed8", "mixed9"]),
  learningRates: z.array(z.number().min(1e-9).max(10)).min(1).max(50).default([0.0003, 0.001, 0.003]),
  seeds: z.int().min(1).max(100).default(1).meta({ description: "Trainings of each combination" }),
});

export const searchRouter = router({
  sweep: procedure
    .meta({
      ...{ summary: "Compare heads over cuts, sizes, learning rates and recipes", method: "POST" },
      path: "/searches/sweep",
      example: { dataset: "$dataset", axes: { cuts: ["mixed0"], sizes: [75], learningRates: [0.001] } },
    })
    .input(z.strictObject({ ...ofNewSearch, axes: axesInput.prefault({}) }))
    .output(wholeSearchSchema)
    .mutation(({ ctx, input }) => ctx.services.searches.sweep(ctx.caller, input)),

  findRate: procedure
    .meta({
      ...{ summary: "Find a learning rate: the loss over growing rates", method: "POST" },
      ...{
        path: "/searches/find-rate",
        example: { dataset: "$dataset", config: { size: 75, cut: "mixed0" } },
      },
    })
    .input(z.strictObject(ofNewSearch))
    .output(wholeSearchSchema)
    .mutation(({ ctx, input }) => ctx.services.searches.findRate(ctx.caller, input)),

  features: procedure
    .meta({
      ...{ summary: "Compute features of every picture, for other programs", method: "POST" },
      path: "/searches/features",
      example: { dataset: "$dataset", config: { size: 75, cut: "mixed0" }, pool: "avg" },
    })
    .input(
      z.strictObject({
        ...ofNewSearch,
        pool: z
          .enum(["avg", "none"])
          .default("avg")
          .meta({ description: "avg: one vector for each picture; none: the whole block" }),
      }),
    )
    .output(wholeSearchSchema)
    .mutation(({ ctx, input }) => ctx.services.searches.features(ctx.caller, input)),

  list: procedure
    .meta({
      ...{ summary: "Sweeps, tests of learning rates and features, newest first", method: "GET" },
      path: "/searches",
      example: { dataset: "$dataset" },
    })
    .input(
      z.strictObject({
        dataset: idInput.optional(),
        owner: idInput.optional().meta({ description: "Account; an admin sees everybody's" }),
        ...pageInput,
      }),
    )
    .output(pageOf(searchSchema))
    .query(async ({ ctx, input }) => {
      const { items, next } = await ctx.services.searches.list(ctx.caller, input);
      return { items: [...items], next: next ?? null };
    }),

  get: procedure
    .meta({
      ...{ summary: "A search with what it found", method: "GET", path: "/searches/{search}" },
      example: { search: "$search" },
    })
    .input(z.strictObject({ search }))
    .output(wholeSearchSchema)
    .query(({ ctx, input }) => ctx.services.searches.get(ctx.caller, input.search)),

  events: procedure
    .meta({
      ...{ summary: "How far a search is, as it goes on", method: "GET", path: "/searches/{search}/events" },
      example: { search: "$search" },
    })
    .input(
      z.strictObject({
        search,
        lastEventId: z.string().max(100).nullish().meta({ description: "Of the event that was seen last" }),
      }),
    )
    .output(streamOf(searchEventSchema))
    .subscription(async ({ ctx, input, signal }) =>
      withIds(await ctx.services.searches.follow(ctx.caller, input.search, { ...input, signal }), (news) => [
        news,
      ]),
    ),

  cancel: procedure
    .meta({
      ...{ summary: "Stop a search for good", method: "POST", path: "/searches/{search}/cancel" },
      example: { search: "$waitingSearch" },
    })
    .input(z.strictObject({ search }))
    .output(wholeSearchSchema)
    .mutation(({ ctx, input }) => ctx.services.searches.cancel(ctx.caller, input.search)),

  remove: procedure
    .meta({
      ...{ summary: "Delete a search and what it found", method: "DELETE", path: "/searches/{search}" },
      example: { search: "$search" },
    })
    .input(z.strictObject({ search }))
    .output(z.object({ removed: z.string() }))
    .mutation(async ({ ctx, input }) => {
      await ctx.services.searches.remove(ctx.caller, input.search);
      return { removed: input.search };
    }),

  train: procedure
    .meta({
      ...{ summary: "Train with what a search found", method: "POST", path: "/searches/{search}/train" },
      example: { search: "$search" },
    })
    .input(
      z.strictObject({
        search,
        row: z
          .int()
          .min(0)
          .optional()
          .meta({ description: "Place of a line of a sweep; the recommended one where it is left out" }),
        name: z.string().min(1).max(200).optional(),
        key: z
          .string()
          .min(1)
          .max(100)
          .optional()
          .meta({ description: "The same key makes the same run of a data set, however often it is sent" }),
      }),
    )
    .output(wholeRunSchema)
    .mutation(({ ctx, input }) => ctx.services.searches.train(ctx.caller, input)),
});
