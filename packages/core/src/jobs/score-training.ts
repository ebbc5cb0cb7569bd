import * as z from "zod";
import { imagesOfPart } from "../dataset/images-of-part.ts";
import { type Mistake, toldMistakes } from "../evaluate/told-mistakes.ts";
import { evaluationSchema } from "../metrics/evaluation-schema.ts";
import { scorePredictions } from "../metrics/score.ts";
import type { Evaluation } from "../metrics/types.ts";
import type { Model } from "../model/types.ts";
import { cachedPredictions } from "../predict/predict-cached.ts";
import type { Training } from "./training.ts";
import type { Workspace } from "./workspace.ts";

/** How a training's model does on the images that were held back from it. */
export interface TrainingScore {
  readonly evaluation: Evaluation;
  readonly mistakes: readonly Mistake[];
}

export const trainingScoreSchema: z.ZodType<TrainingScore> = z.object({
  evaluation: evaluationSchema,
  mistakes: z.array(
    z.object({ path: z.string(), truth: z.string(), said: z.string(), score: z.number().min(0).max(1) }),
  ),
});

/**
 * Scores a new model on its validation images, whose features are in the cache.
 * @returns undefined where none of them can be read.
 * @throws CoreError as `cachedPredictions`.
 */
export async function scoreTraining(
  host: Pick<Workspace, "decodeAhead" | "features" | "signal">,
  { run, opened, selected }: Training,
  model: Model,
): Promise<TrainingScore | undefined> {
  const { decodeAhead, signal } = host;
  const { dataset, prepare } = opened;
  const images = imagesOfPart(dataset, run.split, "validation");
  if (images.length === 0) return undefined;
  const said = await cachedPredictions({
    ...{ model, backend: selected.backend, images, prepare, decodeAhead, signal },
    store: await host.features(),
  });
  if (said.length === 0) return undefined;
  const { labels } = model.manifest;
  const truth = said.map(({ image }) => labels.indexOf(dataset.labels[image.label] ?? ""));
  const answers = said.map(({ prediction }) => prediction);
  return {
    evaluation: scorePredictions(labels, truth, answers),
    mistakes: toldMistakes(said, { ofDataset: dataset.labels, ofModel: labels }),
  };
}
