import * as z from "zod";
import { idInput } from "../identity/shapes.ts";
import { procedure, router } from "../rpc/trpc.ts";
import { MOST_PICTURES } from "./asked-pictures.ts";
import { evaluationViewSchema } from "./evaluation-view.ts";
import { exportInput, exportSchema, formatSchema, modelFileSchema } from "./export-view.ts";
import { modelSchema, predictedSchema, predictionsSchema } from "./prediction-view.ts";
import { SENT_EXAMPLE, scoringInput, sentEvaluationInput, sentEvaluationSchema } from "./sent-evaluation.ts";

const run = idInput.meta({ description: "Id of a finished run" });

/** No picture is this small, and none larger is taken in JSON: the host's own route takes files as they are. */
const base64 = z
  .string()
  .min(4)
  .max(28_000_000)
  .meta({ description: "A picture's file in base64, of any usual format" });
const picture = z.union([
  z.strictObject({ image: idInput.meta({ description: "Id of a picture of the caller's data sets" }) }),
  z.strictObject({ base64 }),
]);

export const modelRouter = router({
  get: procedure
    .meta({
      ...{ summary: "What a run's model is", method: "GET" },
      ...{ path: "/models/{run}", example: { run: "$run" } },
    })
    .input(z.strictObject({ run }))
    .output(modelSchema)
    .query(({ ctx, input }) => ctx.services.models.get(ctx.caller, input.run)),

  predict: procedure
    .meta({
      ...{ summary: "What a model says of pictures; nothing of them is kept", method: "POST" },
      ...{ path: "/models/{run}/answers", example: { run: "$run", pictures: [{ image: "$image" }] } },
    })
    .input(
      z.strictObject({
        run,
        pictures: z.array(picture).min(1).max(MOST_PICTURES),
        notSureBelow: z
          .number()
          .gt(0)
          .max(1)
          .optional()
          .meta({ description: "Least score of an answer; without it as it is decided for the run" }),
        explain: z
          .boolean()
          .default(false)
          .meta({ description: "Say for each picture what in it speaks for the answer" }),
      }),
    )
    .output(predictionsSchema)
    .mutation(({ ctx, input, signal }) => ctx.services.models.predict(ctx.caller, { ...input, signal })),

  explain: procedure
    .meta({
      ...{ summary: "What in a picture speaks for a class", method: "POST" },
      ...{ path: "/models/{run}/explain", example: { run: "$run", picture: { image: "$image" } } },
    })
    .input(
      z.strictObject({
        run,
        picture,
        label: z
          .string()
          .max(1000)
          .optional()
          .meta({ description: "A class of the model; without it what the model says" }),
      }),
    )
    .output(predictedSchema)
    .mutation(({ ctx, input, signal }) => ctx.services.models.explain(ctx.caller, { ...input, signal })),

  evaluate: procedure
    .meta({
      ...{ summary: "How a model does on a data set as it is now", method: "POST" },
      ...{
        path: "/models/{run}/evaluate",
        example: { run: "$run", dataset: "$dataset", part: "all" },
      },
    })
    .input(
      z.strictObject({
        run,
        dataset: idInput,
        ...scoringInput,
      }),
    )
    .output(evaluationViewSchema)
    .mutation(({ ctx, input, signal }) =>
      ctx.services.modelJobResults.evaluateNow(ctx.caller, { ...input, signal }),
    ),

  evaluateUpload: procedure
    .meta({
      ...{ summary: "How a model does on pictures of an upload that is not taken in", method: "POST" },
      path: "/models/{run}/evaluate-upload",
      example: SENT_EXAMPLE,
    })
    .input(sentEvaluationInput)
    .output(sentEvaluationSchema)
    .mutation(({ ctx, input, signal }) =>
      ctx.services.modelJobResults.evaluateUploadNow(ctx.caller, { ...input, signal }),
    ),

  formats: procedure
    .meta({
      summary: "What a model can be written as for other programs",
      ...{ method: "GET", path: "/export-formats", example: {} },
    })
    .output(z.array(formatSchema))
    .query(({ ctx }) => [...ctx.services.exports.formats()]),

  exports: procedure
    .meta({
      ...{ summary: "Exports of a model that are there", method: "GET" },
      ...{ path: "/models/{run}/exports", example: { run: "$run" } },
    })
    .input(z.strictObject({ run }))
    .output(z.array(exportSchema))
    .query(async ({ ctx, input }) => [...(await ctx.services.exports.list(ctx.caller, input.run))]),

  export: procedure
    .meta({
      ...{ summary: "Write a model for other programs, read it again and compare it", method: "POST" },
      ...{ path: "/models/{run}/exports", example: { run: "$run", format: "onnx" } },
    })
    .input(
      z.strictObject({
        run,
        ...exportInput,
      }),
    )
    .output(exportSchema)
    .mutation(({ ctx, input, signal }) =>
      ctx.services.modelJobResults.exportNow(ctx.caller, { ...input, signal }),
    ),

  files: procedure
    .meta({
      ...{ summary: "Files of a model and of its exports, for downloading", method: "GET" },
      ...{ path: "/models/{run}/files", example: { run: "$run" } },
    })
    .input(z.strictObject({ run }))
    .output(z.array(modelFileSchema))
    .query(async ({ ctx, input }) => [...(await ctx.services.downloads.list(ctx.caller, input.run))]),
});
