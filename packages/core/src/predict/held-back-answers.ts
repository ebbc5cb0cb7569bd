import type { Prediction } from "../metrics/types.ts";
import type { ImagePrediction } from "./predict-images.ts";

/** What a new model says of the images that were held back from its training: all that its result is counted from. */
export interface HeldBackAnswers {
  /** The model's classes. */
  readonly labels: readonly string[];
  /** sha256 of each image that could be read. */
  readonly hashes: readonly string[];
  /** [images, labels], each row sums to 1. */
  readonly probabilities: Float32Array<ArrayBuffer>;
}

export function heldBackAnswers(
  said: readonly ImagePrediction[],
  labels: readonly string[],
): HeldBackAnswers {
  const probabilities = new Float32Array(said.length * labels.length);
  for (const [row, { prediction }] of said.entries())
    probabilities.set(prediction.probabilities, row * labels.length);
  return { labels, hashes: said.map(({ image }) => image.hash), probabilities };
}

/** The answers one by one, in their order: the first of the largest probabilities is what was said. */
export function predictionsOfAnswers({ labels, hashes, probabilities }: HeldBackAnswers): Prediction[] {
  return hashes.map((_, row) => {
    const own = probabilities.slice(row * labels.length, (row + 1) * labels.length);
    let label = 0;
    for (const [other, probability] of own.entries()) if (probability > (own[label] ?? 0)) label = other;
    return { label, score: own[label] ?? 0, probabilities: own };
  });
}
