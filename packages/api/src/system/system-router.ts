import * as z from "zod";
import { ROLES } from "../ports/rows.ts";
import { workerAnswer, workerSchema } from "../queue/worker-view.ts";
import { openProcedure, procedure, router } from "../rpc/trpc.ts";
import { CHECKS } from "./doctor.ts";
import { FREEABLE_KINDS, STORAGE_KINDS } from "./storage-words.ts";

const room = z.object({
  bytes: z.number().min(0),
  count: z.int().min(0).nullable().meta({ description: "null where nobody counts" }),
});

export const systemRouter = router({
  storage: procedure
    .meta({
      ...{ summary: "What takes room, what of it can go, and what that costs", method: "GET" },
      ...{ path: "/system/storage", example: {} },
    })
    .output(
      z.object({
        kinds: z
          .array(
            room.extend({
              kind: z.enum(STORAGE_KINDS),
              what: z.string().meta({ description: "What they are, in words" }),
              freeableBytes: z.number().min(0).meta({ description: "What can go now" }),
              goes: z
                .string()
                .meta({ description: "What comes of it when they go, or why they stay, in words" }),
            }),
          )
          .meta({ description: "What several need is counted once; places of other servers are not in it" }),
        all: z.object({ bytes: z.number().min(0), freeableBytes: z.number().min(0) }),
        freeDiskBytes: z
          .number()
          .nullable()
          .meta({ description: "Of the server's disk; null: nobody knows, or it cannot be written" }),
      }),
    )
    .query(async ({ ctx }) => {
      const { kinds, freeDiskBytes } = await ctx.services.storage.rooms();
      const sum = (of: "bytes" | "freeableBytes"): number => kinds.reduce((all, one) => all + one[of], 0);
      return {
        kinds: kinds.map((one) => ({ ...one })),
        ...{ all: { bytes: sum("bytes"), freeableBytes: sum("freeableBytes") }, freeDiskBytes },
      };
    }),

  freeStorage: procedure
    .meta({
      ...{ summary: "Give up what can be had again, or what is left over", method: "POST" },
      ...{ path: "/system/storage/free", example: { kinds: ["unnamed"] } },
    })
    .input(
      z.strictObject({
        kinds: z.array(z.enum(FREEABLE_KINDS)).min(1).max(FREEABLE_KINDS.length),
        keepBytes: z
          .int()
          .min(0)
          .default(0)
          .meta({ description: "Of features and unpacked archives so much stays, used last" }),
      }),
    )
    .output(
      z.object({
        freedBytes: z.number().min(0),
        kinds: z
          .array(room.extend({ kind: z.enum(FREEABLE_KINDS) }))
          .meta({ description: "What is gone of each; what is in use, or is less than an hour old, stays" }),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const freed = await ctx.services.storage.free(ctx.caller, input);
      return {
        freedBytes: freed.reduce((sum, { bytes }) => sum + bytes, 0),
        kinds: freed.map((one) => ({ ...one })),
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
