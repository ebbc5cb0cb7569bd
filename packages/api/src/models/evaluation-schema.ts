import { evaluationSchema } from "@graft/core";
import * as z from "zod";
import type { ModelEvaluation } from "../ports/predictor.ts";

const count = z.int().min(0);
const share = z.number().min(0).max(1);
const text = z.string();
const partSchema = z.enum(["train", "validation", "test"]);
const noteCode = z.enum(["images", "lost-images", "seen-in-training"]);

const calibrationScore = z.object({
  /** Expected calibration error. */
  ece: z.number(),
  /** Negative log-likelihood, nats. */
  nll: z.number(),
  bins: z.array(
    z.object({
      lower: z.number(),
      upper: z.number(),
      images: count,
      confidence: z.number().nullable(),
      accuracy: z.number().nullable(),
    }),
  ),
});

/**
 * What an evaluation says, with pictures told by some fields of theirs.
 * @param picture of each picture that is named.
 */
export const evaluationShape = <Picture extends z.ZodRawShape>(picture: Picture) => {
  const wrong = z.array(
    z.object({
      ...picture,
      /** Its class in the data set. */
      truth: text,
      said: text,
      /** Probability of what was said. */
      score: z.number(),
    }),
  );
  return {
    part: z.enum(["train", "validation", "test", "all"]),
    evaluation: evaluationSchema,
    /** 95 % interval of the accuracy (Wilson's). */
    accuracyInterval: z.tuple([share, share]),
    /** Of two classes, the second one positive; null for more classes. */
    roc: z
      .object({
        points: z.array(
          z.object({
            falsePositiveRate: z.number(),
            truePositiveRate: z.number(),
            threshold: z.number().nullable(),
          }),
        ),
        auc: z.number(),
      })
      .nullable(),
    calibration: z.object({
      before: calibrationScore,
      after: calibrationScore.nullable(),
      temperature: z.number().nullable(),
      foldTemperatures: z.array(z.number()),
    }),
    notSure: z.object({
      target: z.number(),
      /** Null: no score has as many right answers as wanted. */
      threshold: z.number().nullable(),
      precision: z.number(),
      coverage: z.number(),
    }),
    /** Surest first. */
    mistakes: wrong,
    /** Least likely labels first; `said` is what the model would call them. */
    labelErrors: wrong,
    unlike: z.union([
      z.object({
        rule: z.enum(["model", "neighbours"]),
        threshold: z.number(),
        usual: z.number(),
        /** Pictures of the training. */
        compared: count,
        /** Pictures whose distance is known. */
        of: count,
        pictures: z.array(z.object({ ...picture, said: text, distance: z.number() })),
      }),
      z.object({ reason: text }),
    ]),
    /** The first says which pictures were looked at. */
    notes: z.array(z.object({ code: noteCode, message: text })),
    /** The same picture more than once; groups that lie across parts first. */
    nearDuplicates: z.array(
      z.object({
        by: z.enum(["content", "look"]),
        across: z.boolean(),
        images: z.array(z.object({ ...picture, label: text, part: partSchema.exactOptional() })),
      }),
    ),
    /** What a split that knows no look-alikes would say; null where it was not asked for. */
    splitGap: z.object({ safe: share, random: share, images: count, draws: count }).nullable(),
    /** An HTML document; null where none was asked for. */
    page: text.nullable(),
  };
};

/** A predictor's answer, pictures by path. */
export const modelEvaluationSchema: z.ZodType<ModelEvaluation> = z.object({
  ...evaluationShape({ path: text }),
  seenInTraining: z.array(text),
  broken: z.array(z.object({ path: text, error: z.object({ code: text, message: text }) })),
});
