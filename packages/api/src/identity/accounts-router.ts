import * as z from "zod";
import { pageOf } from "../rpc/page-of.ts";
import { procedure, router } from "../rpc/trpc.ts";
import {
  accountAnswer,
  accountOutput,
  idInput,
  madeAnswer,
  madeOutput,
  nameInput,
  ownedOutput,
  pageInput,
  timeInput,
} from "./shapes.ts";

export const accountsRouter = router({
  list: procedure
    .meta({ summary: "Accounts by name", method: "GET", path: "/accounts", example: { limit: 10 } })
    .input(z.strictObject({ ...pageInput, group: idInput.optional() }))
    .output(pageOf(accountOutput))
    .query(async ({ ctx, input }) => {
      const { items, next } = await ctx.services.accounts.page(input);
      return { items: items.map(accountAnswer), next: next ?? null };
    }),

  create: procedure
    .meta({
      summary: "A new account with its first token, shown this once",
      method: "POST",
      path: "/accounts",
      example: { name: "Ada", role: "member" },
    })
    .input(
      z.strictObject({ name: nameInput, role: z.enum(["admin", "member"]), endsAt: timeInput.optional() }),
    )
    .output(madeOutput.extend({ account: accountOutput }))
    .mutation(async ({ ctx, input }) => {
      const made = await ctx.services.accounts.create(ctx.caller, input);
      return { ...madeAnswer(made), account: accountAnswer(made.account) };
    }),

  end: procedure
    .meta({
      summary: "Lets nobody in under an account any more; its data stay",
      method: "POST",
      path: "/accounts/{account}/end",
      example: { account: "$account" },
    })
    .input(z.strictObject({ account: idInput, at: timeInput.optional() }))
    .output(accountOutput)
    .mutation(async ({ ctx, input }) =>
      accountAnswer(await ctx.services.accounts.end(ctx.caller, input.account, input.at)),
    ),

  contents: procedure
    .meta({
      summary: "What would go with an account",
      method: "GET",
      path: "/accounts/{account}/contents",
      example: { account: "$account" },
    })
    .input(z.strictObject({ account: idInput }))
    .output(ownedOutput)
    .query(({ ctx, input }) => ctx.services.accounts.contents(input.account)),

  delete: procedure
    .meta({
      summary: "Removes an account with all of its data for good; the answer is what went",
      method: "DELETE",
      path: "/accounts/{account}",
      example: { account: "$account" },
    })
    .input(z.strictObject({ account: idInput }))
    .output(ownedOutput)
    .mutation(({ ctx, input }) => ctx.services.accounts.delete(ctx.caller, input.account)),
});
