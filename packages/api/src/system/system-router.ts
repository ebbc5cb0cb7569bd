import * as z from "zod";
import { BLOB_KINDS, ROLES } from "../ports/rows.ts";
import { openProcedure, procedure, router } from "../rpc/trpc.ts";

const room = z.object({ blobs: z.int().min(0), bytes: z.number().min(0) });

export const systemRouter = router({
  storage: procedure
    .meta({ summary: "What takes room", method: "GET", path: "/system/storage", example: {} })
    .output(
      z.object({
        kinds: z
          .array(room.extend({ kind: z.enum(BLOB_KINDS) }))
          .meta({ description: "By what it is for; what several need is counted once" }),
        unnamed: room.meta({ description: "What nothing needs: it goes with the next sweep" }),
        all: room,
      }),
    )
    .query(async ({ ctx }) => {
      const { kinds, unnamed, all } = await ctx.services.system.storage();
      return {
        kinds: BLOB_KINDS.map((kind) => ({ kind, ...kinds[kind] })),
        ...{ unnamed: { ...unnamed }, all: { ...all } },
      };
    }),

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
