import * as z from "zod";
import { procedure, router } from "../rpc/trpc.ts";
import { TRY_PER_MINUTE } from "./link-service.ts";
import { idInput, madeAnswer, madeOutput, nameInput, timeInput, timeOrNull, timeOutput } from "./shapes.ts";

const named = z.object({ id: z.string(), name: z.string() });

export const linksRouter = router({
  contribute: procedure
    .meta({
      summary: "A link that adds pictures to one class, for a phone",
      method: "POST",
      path: "/links/contribute",
      example: { dataset: "$dataset", class: "$class", name: "Phones", endsAt: "2099-07-31T22:00:00Z" },
    })
    .input(z.strictObject({ dataset: idInput, class: idInput, name: nameInput, endsAt: timeInput }))
    .output(madeOutput)
    .mutation(async ({ ctx, input }) => madeAnswer(await ctx.services.links.contribute(ctx.caller, input))),

  try: procedure
    .meta({
      summary: "A link to try one model; nothing of what is asked is kept",
      method: "POST",
      path: "/links/try",
      example: { run: "$run", name: "For parents", endsAt: "2099-07-31T22:00:00Z" },
    })
    .input(
      z.strictObject({
        run: idInput,
        name: nameInput,
        endsAt: timeInput,
        perMinute: z.int().min(1).max(1_000_000).default(TRY_PER_MINUTE).describe("Pictures a minute"),
      }),
    )
    .output(madeOutput)
    .mutation(async ({ ctx, input }) => madeAnswer(await ctx.services.links.tryOut(ctx.caller, input))),

  here: procedure
    .meta({
      summary: "What the link is for that one came by",
      method: "GET",
      path: "/links/here",
      example: {},
    })
    .output(
      z.object({
        kind: z.enum(["contribute", "predict", "try"]),
        name: z.string(),
        endsAt: timeOutput.nullable(),
        dataset: named.nullable(),
        class: named.nullable(),
        runs: z.array(z.object({ id: z.string(), number: z.int(), name: z.string().nullable() })),
        perMinute: z.int().nullable(),
      }),
    )
    .query(async ({ ctx }) => {
      const facts = await ctx.services.links.here(ctx.caller);
      return { ...facts, runs: [...facts.runs], endsAt: timeOrNull(facts.endsAt) };
    }),
});
