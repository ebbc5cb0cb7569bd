import * as z from "zod";
import { idInput } from "../identity/shapes.ts";
import type { ModelEvaluation } from "../ports/predictor.ts";
import { evaluationShape } from "./evaluation-schema.ts";

/** Pictures that one call may name. */
export const MOST_NAMED = 4000;
const MOST_LABELS = 5000;

const side = z.int().min(1);

/** A picture of an upload, as who sends it reads it. */
export const sentPictureSchema = z.strictObject({
  path: z.string().min(1).max(4096).meta({ description: "As the upload names it" }),
  label: z.int().min(0).meta({ description: "Its class, counted from 0 in `labels`" }),
  part: z
    .enum(["train", "validation", "test"])
    .exactOptional()
    .meta({ description: "Where its folders say it" }),
  facts: z
    .strictObject({
      format: z.enum(["jpeg", "png", "webp", "gif", "bmp", "tiff", "avif", "pbm", "pgm", "ppm", "pam"]),
      width: side,
      height: side,
      perceptualHash: z
        .string()
        .regex(/^[0-9a-f]{16}$/, "it must be 16 hexadecimal digits")
        .meta({ description: "64-bit difference hash: near ones look alike" }),
    })
    .meta({ description: "What it is" }),
});
export type SentPicture = z.infer<typeof sentPictureSchema>;

/** How a model is scored. */
export const scoringInput = {
  part: z
    .enum(["train", "validation", "test", "all"])
    .optional()
    .meta({ description: "Without it what was held back, else all" }),
  precisionTarget: z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .meta({ description: 'Wanted share of right answers for the "not sure" threshold' }),
  splitGap: z
    .boolean()
    .default(false)
    .meta({ description: "Train small heads to see how much a split that ignores look-alikes flatters" }),
  page: z.boolean().default(false).meta({ description: "Write an HTML page of it, with pictures" }),
};

const sentListShape = {
  name: z.string().min(1).max(4096).meta({ description: "What people call these pictures" }),
  labels: z.array(z.string().min(1).max(1000)).min(1).max(MOST_LABELS).meta({ description: "Their classes" }),
  pictures: z.array(sentPictureSchema).min(1).max(MOST_NAMED),
};

/** Pictures of an upload that are to be evaluated, as who sends them reads them. */
export const sentListSchema = z.strictObject(sentListShape);
export type SentList = z.infer<typeof sentListSchema>;

export const sentEvaluationInput = z.strictObject({
  run: idInput.meta({ description: "Id of a finished run" }),
  upload: idInput.meta({ description: "Id of an open upload, which stays as it is" }),
  ...sentListShape,
  ...scoringInput,
});

/** One picture, in an upload of a test's. */
export const SENT_EXAMPLE = {
  ...{ run: "$run", upload: "$sentUpload", name: "holiday", labels: ["cats"], part: "all" },
  pictures: [
    {
      ...{ path: "tom.png", label: 0 },
      facts: { format: "png", width: 40, height: 30, perceptualHash: "0123456789abcdef" },
    },
  ],
};

export const sentEvaluationSchema = z.object({
  run: z.string(),
  ...evaluationShape({ path: z.string() }),
  seenInTraining: z
    .array(z.string())
    .meta({ description: "Pictures that it was trained on, which flatter the score" }),
  broken: z.array(z.object({ path: z.string(), error: z.object({ code: z.string(), message: z.string() }) })),
});
export type SentEvaluation = z.infer<typeof sentEvaluationSchema>;

/** Lists of an answer are its own; those of the method are not to be changed. */
export const sentEvaluation = (run: string, evaluation: ModelEvaluation): SentEvaluation =>
  sentEvaluationSchema.parse({ ...evaluation, run });
