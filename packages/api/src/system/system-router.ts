import * as z from "zod";
import { ROLES } from "../ports/rows.ts";
import { openProcedure, procedure, router } from "../rpc/trpc.ts";

export const systemRouter = router({
  version: openProcedure
    .meta({ summary: "Version of graft and of its API", method: "GET", path: "/system/version", example: {} })
    .output(z.object({ version: z.string(), api: z.literal(1) }))
    .query(({ ctx }) => ctx.services.system.version()),

  me: procedure
    .meta({ summary: "Who the token is for", method: "GET", path: "/system/me", example: {} })
    .output(
      z.object({
        account: z.string(),
        name: z.string(),
        role: z.enum(ROLES),
        /** ISO 8601; null: it does not end. */
        endsAt: z.iso.datetime().nullable(),
      }),
    )
    .query(({ ctx }) => ctx.services.system.me(ctx.caller.identity)),
});
