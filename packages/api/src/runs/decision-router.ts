import * as z from "zod";
import { procedure } from "../rpc/trpc.ts";

const run = z.string().min(1).max(100).meta({ description: "Id of a run" });

const decisionSchema = z.object({
  ...{ id: z.string(), run: z.string() },
  kind: z.enum(["in-use", "not-sure-below", "name", "note"]),
  value: z.union([z.string(), z.number()]).nullable(),
  at: z.iso.datetime(),
  by: z.string().meta({ description: "Account" }),
  isUndone: z.boolean(),
});

/** What is decided about runs after they were made. */
export const decisionProcedures = {
  rename: procedure
    .meta({
      ...{ summary: "Give a run a name, or take it away", method: "PUT", path: "/runs/{run}/name" },
      example: { run: "$run", name: "without blurred ones" },
    })
    .input(z.strictObject({ run, name: z.string().trim().min(1).max(200).nullable() }))
    .output(decisionSchema)
    .mutation(({ ctx, input }) =>
      ctx.services.decisions.decide(ctx.caller, { run: input.run, kind: "name", value: input.name }),
    ),

  note: procedure
    .meta({
      ...{ summary: "Write a note on a run, or take it away", method: "PUT", path: "/runs/{run}/note" },
      example: { run: "$run", note: "best so far" },
    })
    .input(z.strictObject({ run, note: z.string().trim().min(1).max(10_000).nullable() }))
    .output(decisionSchema)
    .mutation(({ ctx, input }) =>
      ctx.services.decisions.decide(ctx.caller, { run: input.run, kind: "note", value: input.note }),
    ),

  use: procedure
    .meta({
      ...{ summary: "Make it the run that its project uses", method: "PUT", path: "/runs/{run}/use" },
      example: { run: "$run" },
    })
    .input(z.strictObject({ run }))
    .output(decisionSchema)
    .mutation(({ ctx, input }) =>
      ctx.services.decisions.decide(ctx.caller, { run: input.run, kind: "in-use", value: null }),
    ),

  notSureBelow: procedure
    .meta({
      summary: 'Have a run say "not sure" below a score, or always answer',
      ...{ method: "PUT", path: "/runs/{run}/not-sure-below" },
      example: { run: "$run", score: 0.76 },
    })
    .input(z.strictObject({ run, score: z.number().min(0).max(1).nullable() }))
    .output(decisionSchema)
    .mutation(({ ctx, input }) =>
      ctx.services.decisions.decide(ctx.caller, {
        run: input.run,
        kind: "not-sure-below",
        value: input.score,
      }),
    ),

  decisions: procedure
    .meta({
      summary: "What was decided about the runs of a project; newest first",
      ...{ method: "GET", path: "/runs/{run}/decisions", example: { run: "$run" } },
    })
    .input(z.strictObject({ run }))
    .output(z.object({ items: z.array(decisionSchema) }))
    .query(async ({ ctx, input }) => ({
      items: [...(await ctx.services.decisions.list(ctx.caller, input.run))],
    })),

  undo: procedure
    .meta({
      ...{ summary: "Undo a decision", method: "POST", path: "/runs/{run}/decisions/{decision}/undo" },
      example: { run: "$run", decision: "$decision" },
    })
    .input(z.strictObject({ run, decision: z.string().min(1).max(100) }))
    .output(decisionSchema)
    .mutation(({ ctx, input }) => ctx.services.decisions.undo(ctx.caller, { ...input, isUndone: true })),

  redo: procedure
    .meta({
      ...{ summary: "Do a decision again", method: "POST", path: "/runs/{run}/decisions/{decision}/redo" },
      example: { run: "$run", decision: "$decision" },
    })
    .input(z.strictObject({ run, decision: z.string().min(1).max(100) }))
    .output(decisionSchema)
    .mutation(({ ctx, input }) => ctx.services.decisions.undo(ctx.caller, { ...input, isUndone: false })),
} as const;
