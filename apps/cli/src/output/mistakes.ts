import { type ImagePrediction, worstMistakes } from "@graft/core";
import type { Mistake } from "./evaluation-text.ts";

const SHOWN = 10;

/**
 * The surest mistakes, by path.
 * @param labels.ofDataset what the images' labels count in.
 * @param labels.ofModel what the predictions' labels count in.
 */
export function mistakesOf(
  said: readonly ImagePrediction[],
  labels: { readonly ofDataset: readonly string[]; readonly ofModel: readonly string[] },
): Mistake[] {
  const truths = said.map(({ image }) => labels.ofDataset[image.label] ?? "");
  const worst = worstMistakes(
    truths.map((label) => labels.ofModel.indexOf(label)),
    said.map(({ prediction }) => prediction),
    SHOWN,
  );
  return worst.flatMap((position) => {
    const found = said[position];
    if (!found) return [];
    const { image, prediction } = found;
    const words = { truth: truths[position] ?? "", said: labels.ofModel[prediction.label] ?? "" };
    return [{ path: image.path, ...words, score: prediction.score }];
  });
}
