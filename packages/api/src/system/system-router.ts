import * as z from "zod";
import { BLOB_KINDS, ROLES } from "../ports/rows.ts";
import { workerAnswer, workerSchema } from "../queue/worker-view.ts";
import { openProcedure, procedure, router } from "../rpc/trpc.ts";
import { CHECKS } from "./doctor.ts";

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

  doctor: procedure
    .meta({
      ...{ summary: "What the server can do, and what is amiss", method: "GET" },
      ...{ path: "/system/doctor", example: {} },
    })
    .output(
      z.object({
        version: z.string().meta({ description: "Of graft" }),
        api: z.literal(1),
        isOk: z.boolean().meta({ description: "Nothing is amiss" }),
        checks: z.array(
          z.object({
            ...{ what: z.enum(CHECKS), isOk: z.boolean(), said: z.string() },
            fix: z.string().nullable().meta({ description: "What to do; null where nothing is to be done" }),
          }),
        ),
        engines: z
          .array(
            z.object({
              ...{ id: z.string(), kind: z.string(), isUsable: z.boolean() },
              isAutomatic: z.boolean().meta({ description: "Taken without being named" }),
              said: z.string().meta({ description: "Its device, or why it cannot be used" }),
              int8: z
                .object({ isUsable: z.boolean(), said: z.string() })
                .nullable()
                .meta({ description: "How 8-bit numbers do on it; null: not tried" }),
            }),
          )
          .meta({ description: "Of the server's own machine; for an admin those that cannot be used, too" }),
        workers: z.array(workerSchema),
        host: z
          .object({
            ...{ runtime: z.string(), platform: z.string(), processor: z.string(), threads: z.int() },
            ...{ memoryBytes: z.number(), freeMemoryBytes: z.number() },
            freeDiskBytes: z.number().nullable().meta({ description: "null: the home cannot be written" }),
            ...{ home: z.string(), store: z.string(), blobs: z.string() },
          })
          .nullable()
          .meta({ description: "Null for who is no admin" }),
      }),
    )
    .query(async ({ ctx }) => {
      const { version, isOk, checks, engines, workers, host } = await ctx.services.doctor.examine(ctx.caller);
      return {
        ...{ version, api: 1, isOk, checks: checks.map((check) => ({ ...check })) },
        engines: engines.map(({ int8, ...engine }) => ({ ...engine, int8: int8 && { ...int8 } })),
        ...{ workers: workers.map(workerAnswer), host: host && { ...host } },
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
