import * as z from "zod";
import { ROLES } from "../ports/rows.ts";
import { pageOf } from "../rpc/page-of.ts";
import { procedure, router } from "../rpc/trpc.ts";
import {
  idInput,
  madeAnswer,
  madeOutput,
  nameInput,
  pageInput,
  timeInput,
  tokenAnswer,
  tokenOutput,
} from "./shapes.ts";

export const tokensRouter = router({
  list: procedure
    .meta({ summary: "Tokens, newest first", method: "GET", path: "/tokens", example: { limit: 10 } })
    .input(z.strictObject({ ...pageInput, account: idInput.optional() }))
    .output(pageOf(tokenOutput))
    .query(async ({ ctx, input }) => {
      const { items, next } = await ctx.services.tokens.page(ctx.caller, input);
      return { items: items.map(tokenAnswer), next: next ?? null };
    }),

  create: procedure
    .meta({
      summary: "A new token, shown this once",
      method: "POST",
      path: "/tokens",
      example: { name: "Door camera", role: "predict", runs: ["$run"], perMinute: 120 },
    })
    .input(
      z.strictObject({
        name: nameInput,
        role: z.enum(ROLES),
        account: idInput.optional().describe("Whose data it is for; without it the caller's"),
        dataset: idInput.optional().describe("contributor: the data set that pictures go to"),
        class: idInput.optional().describe("contributor: the class that they go to"),
        runs: z
          .array(idInput)
          .min(1)
          .max(50)
          .optional()
          .describe("predict: the runs whose models may be asked"),
        perMinute: z.int().min(1).max(1_000_000).optional().describe("predict: pictures a minute"),
        endsAt: timeInput.optional().describe("Without it: as the token that makes it"),
      }),
    )
    .output(madeOutput)
    .mutation(async ({ ctx, input }) => madeAnswer(await ctx.services.tokens.create(ctx.caller, input))),

  revoke: procedure
    .meta({
      summary: "Ends a token at once",
      method: "DELETE",
      path: "/tokens/{token}",
      example: { token: "$token" },
    })
    .input(z.strictObject({ token: idInput }))
    .output(tokenOutput)
    .mutation(async ({ ctx, input }) =>
      tokenAnswer(await ctx.services.tokens.revoke(ctx.caller, input.token)),
    ),
});
