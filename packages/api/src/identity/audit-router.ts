import * as z from "zod";
import { procedure, router } from "../rpc/trpc.ts";
import { idInput, pageInput, time, timeOutput } from "./shapes.ts";

/** Ids and names. */
const factsOutput = z.record(z.string(), z.json());

export const auditRouter = router({
  list: procedure
    .meta({
      summary: "What was kept with who, when and from where; newest first",
      method: "GET",
      path: "/audit",
      example: { limit: 10 },
    })
    .input(z.strictObject({ ...pageInput, by: idInput.optional() }))
    .output(
      z.object({
        items: z.array(
          z.object({
            id: z.string(),
            at: timeOutput,
            what: z.string(),
            by: z.string().nullable(),
            token: z.string().nullable(),
            from: z.string().nullable(),
            facts: factsOutput,
          }),
        ),
        next: z.string().optional(),
      }),
    )
    .query(async ({ ctx, input }) => {
      const { items, next } = await ctx.services.audit.page(ctx.caller, input);
      const lines = items.map(({ at, facts, ...row }) => ({
        ...row,
        at: time(at),
        facts: factsOutput.parse(facts),
      }));
      return { items: lines, ...(next === undefined ? {} : { next }) };
    }),
});
