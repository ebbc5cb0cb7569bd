import { trainEventSchema } from "@graft/core";
import * as z from "zod";
import { pageOf } from "../rpc/page-of.ts";
import { streamOf, withIds } from "../rpc/stream-of.ts";
import { procedure, router } from "../rpc/trpc.ts";
import { configInput } from "./config-input.ts";
import { decisionProcedures } from "./decision-router.ts";
import { resultProcedures } from "./result-router.ts";
import { RUN_STATES, runSchema, wholeRunSchema } from "./run-view.ts";

const run = z.string().min(1).max(100).meta({ description: "Id of a run" });
const ofNewRun = {
  name: z.string().min(1).max(200).optional(),
  key: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .meta({ description: "The same key makes the same run of a data set, however often it is sent" }),
};
const count = z.int().min(0);

export const runRouter = router({
  create: procedure
    .meta({
      ...{ summary: "Freeze a data set and train on it", method: "POST", path: "/runs" },
      example: { dataset: "$dataset", config: { epochs: 2 } },
    })
    .input(
      z.strictObject({ dataset: z.string().min(1).max(100), config: configInput.default({}), ...ofNewRun }),
    )
    .output(wholeRunSchema)
    .mutation(({ ctx, input }) => ctx.services.runs.create(ctx.caller, input)),

  rerun: procedure
    .meta({
      ...{ summary: "Train once more, with other options if any", method: "POST", path: "/runs/{run}/rerun" },
      example: { run: "$run", config: { epochs: 2 } },
    })
    .input(
      z.strictObject({
        ...{ run, config: configInput.default({}), ...ofNewRun },
        pictures: z
          .enum(["same", "now"])
          .default("same")
          .meta({ description: "same: those that were frozen then; now: those of the data set as it is" }),
      }),
    )
    .output(wholeRunSchema)
    .mutation(({ ctx, input }) => ctx.services.runs.rerun(ctx.caller, input)),

  list: procedure
    .meta({
      ...{ summary: "Runs of a data set, or all; newest first", method: "GET", path: "/runs" },
      example: { dataset: "$dataset" },
    })
    .input(
      z.strictObject({
        dataset: z.string().min(1).max(100).optional(),
        owner: z
          .string()
          .min(1)
          .max(100)
          .optional()
          .meta({ description: "Account; an admin sees everybody's" }),
        states: z.array(z.enum(RUN_STATES)).min(1).optional(),
        after: z.string().max(500).optional(),
        limit: z.int().min(1).max(200).default(50),
      }),
    )
    .output(pageOf(runSchema))
    .query(async ({ ctx, input }) => {
      const { items, next } = await ctx.services.runs.list(ctx.caller, input);
      return { items: [...items], next: next ?? null };
    }),

  get: procedure
    .meta({
      summary: "A run with its classes, notes and progress",
      method: "GET",
      path: "/runs/{run}",
      example: { run: "$run" },
    })
    .input(z.strictObject({ run }))
    .output(wholeRunSchema)
    .query(({ ctx, input }) => ctx.services.runs.get(ctx.caller, input.run)),

  events: procedure
    .meta({
      ...{ summary: "What a run tells, as it comes", method: "GET", path: "/runs/{run}/events" },
      example: { run: "$run" },
    })
    .input(
      z.strictObject({
        run,
        lastEventId: z.string().nullish().meta({ description: "Of the event that was seen last" }),
      }),
    )
    .output(streamOf(trainEventSchema))
    .subscription(async ({ ctx, input, signal }) =>
      withIds(await ctx.services.runEvents.follow(ctx.caller, input.run, { ...input, signal }), (events) =>
        events.map((event) => ({ id: String(event.seq), event })),
      ),
    ),

  log: procedure
    .meta({
      ...{ summary: "Some of a run's events", method: "GET", path: "/runs/{run}/log" },
      example: { run: "$run" },
    })
    .input(
      z.strictObject({
        run,
        after: z.int32().min(-1).default(-1).meta({ description: "Number of the event before the first" }),
        limit: z.int().min(1).max(1000).default(200),
      }),
    )
    .output(z.object({ items: z.array(trainEventSchema) }))
    .query(async ({ ctx, input }) => ({ items: [...(await ctx.services.runEvents.log(ctx.caller, input))] })),

  curve: procedure
    .meta({
      ...{ summary: "The curves of a run, thinned for a chart", method: "GET", path: "/runs/{run}/curve" },
      example: { run: "$run" },
    })
    .input(z.strictObject({ run, most: z.int().min(20).max(10_000).default(1000) }))
    .output(
      z.object({
        lastSeq: z.int().min(-1).meta({ description: "Number of the last event that is in it" }),
        phases: z.array(
          z.object({
            ...{ phase: z.string(), epochs: count, numSteps: count, numEpochs: count },
            stepPoints: z.array(z.object({ epoch: count, step: count, steps: count, loss: z.number() })),
            epochPoints: z.array(
              z.object({
                ...{ epoch: count, loss: z.number(), accuracy: z.number(), seconds: z.number() },
                ...{ valLoss: z.number().exactOptional(), valAccuracy: z.number().exactOptional() },
                best: z.boolean(),
              }),
            ),
          }),
        ),
      }),
    )
    .query(async ({ ctx, input }) => {
      const { lastSeq, phases } = await ctx.services.runEvents.curve(ctx.caller, input);
      return {
        lastSeq,
        phases: phases.map((phase) => ({
          ...phase,
          stepPoints: [...phase.stepPoints],
          epochPoints: [...phase.epochPoints],
        })),
      };
    }),

  stop: procedure
    .meta({
      ...{ summary: "Stop a run where it can be gone on from", method: "POST", path: "/runs/{run}/stop" },
      example: { run: "$waiting" },
    })
    .input(z.strictObject({ run }))
    .output(wholeRunSchema)
    .mutation(({ ctx, input }) => ctx.services.runs.stop(ctx.caller, input.run, "interrupt")),

  cancel: procedure
    .meta({
      ...{ summary: "Stop a run for good", method: "POST", path: "/runs/{run}/cancel" },
      example: { run: "$waiting" },
    })
    .input(z.strictObject({ run }))
    .output(wholeRunSchema)
    .mutation(({ ctx, input }) => ctx.services.runs.stop(ctx.caller, input.run, "cancel")),

  resume: procedure
    .meta({
      ...{ summary: "Go on with a run that has stopped", method: "POST", path: "/runs/{run}/resume" },
      example: { run: "$stopped" },
    })
    .input(z.strictObject({ run }))
    .output(wholeRunSchema)
    .mutation(({ ctx, input }) => ctx.services.runs.resume(ctx.caller, input.run)),

  remove: procedure
    .meta({
      ...{ summary: "Delete a run, its result and its model", method: "DELETE", path: "/runs/{run}" },
      example: { run: "$run" },
    })
    .input(z.strictObject({ run }))
    .output(z.object({ removed: z.string() }))
    .mutation(async ({ ctx, input }) => {
      await ctx.services.runs.remove(ctx.caller, input.run);
      return { removed: input.run };
    }),

  ...decisionProcedures,
  ...resultProcedures,
});
