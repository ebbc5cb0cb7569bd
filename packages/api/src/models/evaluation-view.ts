import * as z from "zod";
import type { ModelEvaluation } from "../ports/predictor.ts";
import { evaluationShape } from "./evaluation-schema.ts";

const picture = {
  image: z.string().meta({ description: "Id of the picture" }),
  path: z.string(),
};

export const evaluationViewSchema = z.object({
  run: z.string(),
  dataset: z.string(),
  ...evaluationShape(picture),
  seenInTraining: z
    .array(z.object(picture))
    .meta({ description: "Pictures that it was trained on, which flatter the score" }),
  broken: z.array(z.object({ ...picture, error: z.object({ code: z.string(), message: z.string() }) })),
});
export type EvaluationView = z.infer<typeof evaluationViewSchema>;

/** @param idOf a picture's id by its path. */
export function evaluationView(
  of: { readonly run: string; readonly dataset: string },
  evaluation: ModelEvaluation,
  idOf: (path: string) => string,
): EvaluationView {
  const { accuracyInterval, roc, calibration, notSure, unlike, notes, splitGap, page } = evaluation;
  const named = (path: string) => ({ image: idOf(path), path });
  const withIds = <T extends { readonly path: string }>(list: readonly T[]) =>
    list.map((one) => ({ ...one, ...named(one.path) }));
  // lists of an answer are its own; those of the method are not to be changed
  return evaluationViewSchema.parse({
    ...{ ...of, part: evaluation.part, evaluation: evaluation.evaluation },
    accuracyInterval: [accuracyInterval[0], accuracyInterval[1]],
    ...{ roc, calibration, notSure, notes, splitGap, page },
    nearDuplicates: evaluation.nearDuplicates.map(({ images, ...group }) => {
      return { ...group, images: withIds(images) };
    }),
    mistakes: withIds(evaluation.mistakes),
    labelErrors: withIds(evaluation.labelErrors),
    unlike: "reason" in unlike ? unlike : { ...unlike, pictures: withIds(unlike.pictures) },
    seenInTraining: evaluation.seenInTraining.map(named),
    broken: evaluation.broken.map(({ path, error: { code, message } }) => ({
      ...named(path),
      error: { code, message },
    })),
  });
}
