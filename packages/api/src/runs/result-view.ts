import { metricsSchema } from "@graft/core";
import * as z from "zod";
import { heatMapSchema } from "../models/prediction-view.ts";

const count = z.int().min(0);
const share = z.number().min(0).max(1);

export const resultSchema = z.object({
  labels: z.array(z.string()).meta({ description: "Classes, in the order of the lists below" }),
  images: count.meta({ description: "Pictures that were held back" }),
  right: count,
  accuracy: share,
  interval: z.array(share).length(2).meta({ description: "95 % Wilson interval of the accuracy" }),
  meanOfClasses: share.meta({ description: "Mean share of right answers over classes" }),
  loss: z.number(),
  macroF1: share,
  perClass: z.array(
    z.object({
      ...{ label: z.string(), images: count },
      ...{ precision: share.nullable(), recall: share.nullable(), f1: share.nullable() },
    }),
  ),
  confusion: z.array(z.array(count)).meta({ description: "[class][said], pictures" }),
  numMistakes: count,
  numDoubtful: count,
});
export type ResultView = z.infer<typeof resultSchema>;

const pictureSchema = z.object({
  path: z.string(),
  hash: z.string(),
  image: z
    .object({ id: z.string(), class: z.string().nullable(), use: z.enum(["in", "out", "broken"]) })
    .nullable()
    .meta({ description: "As the data set has it now; null: it was deleted, or replaced" }),
});
export type PictureView = z.infer<typeof pictureSchema>;

export const resultPictureSchema = pictureSchema.extend({
  truth: z.string(),
  said: z.string(),
  score: share.meta({ description: "How sure it was" }),
  scores: z.array(share).meta({ description: "One for each class" }),
  suggested: z
    .string()
    .nullable()
    .meta({ description: "Of a doubtful one: the class that it may belong to" }),
  heatMap: heatMapSchema
    .nullable()
    .meta({ description: "Where the model looked; null: not computed yet (modelJobs.explain)" }),
});
/** Of a picture, by its id. */
export type HeatMapView = z.infer<typeof heatMapSchema> & { image: string };

export type ResultPictureView = z.infer<typeof resultPictureSchema>;

export const thresholdsSchema = z.object({
  images: count,
  rows: z
    .array(z.object({ below: share, right: count, wrong: count, notSure: count }))
    .meta({ description: 'What comes of saying "not sure" below a score; the lowest first' }),
  targets: z
    .array(
      z.object({
        target: share,
        threshold: share.nullable().meta({ description: "Null: no score is right so often" }),
        precision: share,
        coverage: share,
      }),
    )
    .meta({ description: "The smallest score from which answers are right so often" }),
});
export type ThresholdsView = z.infer<typeof thresholdsSchema>;

export const comparisonSchema = z.object({
  runs: z.array(
    z.object({
      ...{
        id: z.string(),
        number: z.int().min(1),
        metrics: metricsSchema.nullable(),
        hasResult: z.boolean(),
      },
      right: count.meta({ description: "Of the shared pictures" }),
    }),
  ),
  shared: count.meta({ description: "Pictures that all of them held back" }),
  options: z
    .array(z.object({ key: z.string(), values: z.array(z.json()) }))
    .meta({ description: "Options that are not the same in all" }),
  pictures: z
    .array(
      z.object({
        run: z.string(),
        count,
        some: z.array(
          z.object({
            ...{ path: z.string(), hash: z.string() },
            what: z.enum(["added", "left-out", "gone", "moved", "side"]).meta({
              description:
                "left-out: that run did without it, the data set has it still; gone: it was deleted; moved: of another class; side: learned from in the one, held back in the other",
            }),
          }),
        ),
      }),
    )
    .meta({ description: "In what the pictures of each run differ from those of the first" }),
  pairs: z.array(
    z.object({
      ...{ first: z.string(), second: z.string(), firstOnly: count, secondOnly: count },
      chance: share.meta({ description: "Exact sign test of the pictures that one alone has right" }),
      couldBeChance: z.boolean().meta({ description: "From 5 in 100 on" }),
    }),
  ),
});
export type ComparisonView = z.infer<typeof comparisonSchema>;

export const disagreementSchema = pictureSchema.extend({
  truth: z.string(),
  said: z
    .array(z.object({ label: z.string(), score: share, isRight: z.boolean() }))
    .meta({ description: "In the order of the runs" }),
});
export type DisagreementView = z.infer<typeof disagreementSchema>;
