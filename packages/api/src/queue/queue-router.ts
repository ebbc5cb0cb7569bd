import { serializedErrorSchema } from "@graft/core";
import * as z from "zod";
import { idInput, time, timeOutput } from "../identity/shapes.ts";
import { JOB_KINDS } from "../ports/jobs.ts";
import { procedure, router } from "../rpc/trpc.ts";
import { waitingSchema } from "./why-waiting.ts";
import { workerAnswer, workerSchema } from "./worker-view.ts";

const count = z.int().min(0);

export const queueRouter = router({
  list: procedure
    .meta({
      ...{ summary: "What is worked on and what waits, in the order of the line", method: "GET" },
      ...{ path: "/queue", example: {} },
    })
    .output(
      z.array(
        z.object({
          id: z.string(),
          kind: z.enum(JOB_KINDS),
          subject: z.string().meta({ description: "Id of the run, or of the upload" }),
          owner: z.string(),
          state: z.enum(["waiting", "active", "done", "failed", "cancelled"]),
          place: z.int().min(1).nullable().meta({ description: "Among those that wait, from 1" }),
          submittedAt: timeOutput,
          worker: z.string().nullable(),
          backend: z.string().nullable().meta({ description: "It needs a worker that has it" }),
          waiting: waitingSchema.nullable(),
          attempts: count.meta({ description: "How often it was begun before" }),
          error: serializedErrorSchema.omit({ stack: true }).nullable(),
        }),
      ),
    )
    .query(async ({ ctx }) =>
      (await ctx.services.queue.list(ctx.caller)).map(
        ({ id, kind, subject, owner, state, attempts, waiting, ...job }) => ({
          ...{ id, kind, subject, owner, state, attempts, waiting },
          ...{ place: job.place ?? null, submittedAt: time(job.submittedAt) },
          ...{ worker: job.worker ?? null, backend: job.backend ?? null },
          error: job.error ? { ...job.error, facts: { ...job.error.facts } } : null,
        }),
      ),
    ),

  move: procedure
    .meta({
      ...{ summary: "Put what waits before all others, or after them", method: "POST", path: "/queue/move" },
      example: { subject: "$waiting", to: "front" },
    })
    .input(
      z.strictObject({
        subject: idInput.meta({ description: "Id of the run, or of the upload" }),
        to: z.enum(["front", "back"]),
      }),
    )
    .output(z.null())
    .mutation(async ({ ctx, input }) => {
      await ctx.services.queue.move(input.subject, input.to);
      return null;
    }),

  workers: procedure
    .meta({ summary: "Who works, and on what", method: "GET", path: "/workers", example: {} })
    .output(z.array(workerSchema))
    .query(async ({ ctx }) => (await ctx.services.queue.workers(ctx.caller)).map(workerAnswer)),
});
