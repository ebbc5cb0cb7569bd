import * as z from "zod";
import { pageOf } from "../rpc/page-of.ts";
import { procedure, router } from "../rpc/trpc.ts";
import { idInput, pageInput, time, timeOutput } from "./shapes.ts";

const lineOutput = z.object({
  id: z.string(),
  at: timeOutput,
  what: z.string(),
  by: z.string().nullable().meta({ description: "Account; null: nobody that is known" }),
  token: z.string().nullable(),
  from: z.string().nullable().meta({ description: "Address" }),
  facts: z.record(z.string(), z.json()).meta({ description: "Ids and names" }),
});

export const auditRouter = router({
  list: procedure
    .meta({
      summary: "What was kept with who, when and from where; newest first",
      method: "GET",
      path: "/audit",
      example: { limit: 10 },
    })
    .input(z.strictObject({ ...pageInput, by: idInput.optional() }))
    .output(pageOf(lineOutput))
    .query(async ({ ctx, input }) => {
      const { items, next } = await ctx.services.audit.page(ctx.caller, input);
      const lines = items.map(({ at, ...row }) => lineOutput.parse({ ...row, at: time(at) }));
      return { items: lines, next: next ?? null };
    }),
});
