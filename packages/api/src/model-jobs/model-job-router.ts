import * as z from "zod";
import { idInput, pageInput } from "../identity/shapes.ts";
import { evaluationViewSchema } from "../models/evaluation-view.ts";
import { exportInput } from "../models/export-view.ts";
import {
  SENT_EXAMPLE,
  scoringInput,
  sentEvaluationInput,
  sentEvaluationSchema,
} from "../models/sent-evaluation.ts";
import { pageOf } from "../rpc/page-of.ts";
import { streamOf, withIds } from "../rpc/stream-of.ts";
import { procedure, router } from "../rpc/trpc.ts";
import { modelJobEventSchema, modelJobSchema } from "./model-job-view.ts";

/** Pictures that one job may name. */
const MOST_IMAGES = 2000;

const job = idInput.meta({ description: "Id of a model job" });
const run = idInput.meta({ description: "Id of a finished run" });
const key = z.string().min(1).max(100).optional().meta({
  description: "The same key makes the same job over a run's model, however often an account sends it",
});

/** Work over models of finished runs that goes on when who asked for it leaves, and when the server is started again. */
export const modelJobRouter = router({
  evaluate: procedure
    .meta({
      ...{ summary: "Begin to evaluate a model on a data set as it is then", method: "POST" },
      ...{ path: "/model-jobs/evaluate", example: { run: "$run", dataset: "$dataset", part: "all" } },
    })
    .input(z.strictObject({ run, dataset: idInput, ...scoringInput, key }))
    .output(modelJobSchema)
    .mutation(({ ctx, input }) => ctx.services.modelJobs.evaluate(ctx.caller, input)),

  evaluateUpload: procedure
    .meta({
      ...{
        summary: "Begin to evaluate a model on pictures of an upload that is not taken in",
        method: "POST",
      },
      path: "/model-jobs/evaluate-upload",
      example: SENT_EXAMPLE,
    })
    .input(sentEvaluationInput.extend({ key }))
    .output(modelJobSchema)
    .mutation(({ ctx, input }) => ctx.services.modelJobs.evaluateUpload(ctx.caller, input)),

  explain: procedure
    .meta({
      ...{ summary: "Begin to compute where a model looked, for a run's results", method: "POST" },
      ...{ path: "/model-jobs/explain", example: { run: "$run", images: ["$image"] } },
    })
    .input(
      z.strictObject({
        run,
        images: z.array(idInput).min(1).max(MOST_IMAGES).optional().meta({
          description: "Pictures of the run's data set; without it all that were held back",
        }),
        key,
      }),
    )
    .output(modelJobSchema)
    .mutation(({ ctx, input }) => ctx.services.modelJobs.explain(ctx.caller, input)),

  export: procedure
    .meta({
      ...{ summary: "Begin to write a model for other programs", method: "POST" },
      ...{ path: "/model-jobs/export", example: { run: "$run", format: "onnx" } },
    })
    .input(
      z.strictObject({
        run,
        ...exportInput,
        key,
      }),
    )
    .output(modelJobSchema)
    .mutation(({ ctx, input }) => ctx.services.modelJobs.export(ctx.caller, input)),

  list: procedure
    .meta({
      ...{ summary: "Evaluations, explanations and exports that were begun, newest first", method: "GET" },
      ...{ path: "/model-jobs", example: { run: "$run" } },
    })
    .input(
      z.strictObject({
        run: run.optional(),
        owner: idInput.optional().meta({ description: "Account; an admin sees everybody's" }),
        ...pageInput,
      }),
    )
    .output(pageOf(modelJobSchema))
    .query(async ({ ctx, input }) => {
      const { items, next } = await ctx.services.modelJobs.list(ctx.caller, input);
      return { items: [...items], next: next ?? null };
    }),

  get: procedure
    .meta({
      ...{ summary: "How far a model job is", method: "GET", path: "/model-jobs/{job}" },
      example: { job: "$modelJob" },
    })
    .input(z.strictObject({ job }))
    .output(modelJobSchema)
    .query(({ ctx, input }) => ctx.services.modelJobs.get(ctx.caller, input.job)),

  events: procedure
    .meta({
      ...{
        summary: "How far a model job is, as it goes on",
        method: "GET",
        path: "/model-jobs/{job}/events",
      },
      example: { job: "$modelJob" },
    })
    .input(
      z.strictObject({
        job,
        lastEventId: z.string().max(100).nullish().meta({ description: "Of the event that was seen last" }),
      }),
    )
    .output(streamOf(modelJobEventSchema))
    .subscription(async ({ ctx, input, signal }) =>
      withIds(await ctx.services.modelJobs.follow(ctx.caller, input.job, { ...input, signal }), (news) => [
        news,
      ]),
    ),

  evaluation: procedure
    .meta({
      ...{ summary: "What came of an evaluation of a data set", method: "GET" },
      ...{ path: "/model-jobs/{job}/evaluation", example: { job: "$modelJob" } },
    })
    .input(z.strictObject({ job }))
    .output(evaluationViewSchema)
    .query(({ ctx, input }) => ctx.services.modelJobResults.evaluation(ctx.caller, input.job)),

  sentEvaluation: procedure
    .meta({
      ...{ summary: "What came of an evaluation of an upload's pictures", method: "GET" },
      ...{ path: "/model-jobs/{job}/sent-evaluation", example: { job: "$sentJob" } },
    })
    .input(z.strictObject({ job }))
    .output(sentEvaluationSchema)
    .query(({ ctx, input }) => ctx.services.modelJobResults.sentEvaluation(ctx.caller, input.job)),

  cancel: procedure
    .meta({
      ...{ summary: "Stop a model job for good", method: "POST", path: "/model-jobs/{job}/cancel" },
      example: { job: "$modelJob" },
    })
    .input(z.strictObject({ job }))
    .output(modelJobSchema)
    .mutation(({ ctx, input }) => ctx.services.modelJobs.cancel(ctx.caller, input.job)),

  remove: procedure
    .meta({
      ...{ summary: "Delete a model job and what it found", method: "DELETE", path: "/model-jobs/{job}" },
      example: { job: "$modelJob" },
    })
    .input(z.strictObject({ job }))
    .output(z.object({ removed: z.string() }))
    .mutation(async ({ ctx, input }) => {
      await ctx.services.modelJobs.remove(ctx.caller, input.job);
      return { removed: input.job };
    }),
});
