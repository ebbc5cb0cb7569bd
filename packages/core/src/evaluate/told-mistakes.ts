import { worstMistakes } from "../metrics/mistakes.ts";
import type { ImagePrediction } from "../predict/predict-images.ts";

/** One image that a model got wrong. */
export interface Mistake {
  readonly path: string;
  readonly truth: string;
  readonly said: string;
  /** Probability of what was said. */
  readonly score: number;
}

/** More than a page of them nobody reads. */
export const MOST_TOLD = 10;

/**
 * The surest mistakes, by path.
 * @param labels.ofDataset what the images' labels count in.
 * @param labels.ofModel what the predictions' labels count in.
 */
export function toldMistakes(
  said: readonly ImagePrediction[],
  labels: { readonly ofDataset: readonly string[]; readonly ofModel: readonly string[] },
): Mistake[] {
  const truths = said.map(({ image }) => labels.ofDataset[image.label] ?? "");
  const worst = worstMistakes(
    truths.map((label) => labels.ofModel.indexOf(label)),
    said.map(({ prediction }) => prediction),
    MOST_TOLD,
  );
  return worst.flatMap((position) => {
    const found = said[position];
    if (!found) return [];
    const { image, prediction } = found;
    const words = { truth: truths[position] ?? "", said: labels.ofModel[prediction.label] ?? "" };
    return [{ path: image.path, ...words, score: prediction.score }];
  });
}
