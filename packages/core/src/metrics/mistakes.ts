import type { Prediction } from "./types.ts";

/**
 * The images that the model got wrong while being most sure: where wrong labels and hard cases show first.
 * @param truth the right class of each image.
 * @param most at most so many.
 * @returns positions in the list, the most confident mistake first; equal confidence keeps the list's order.
 */
export function worstMistakes(
  truth: readonly number[],
  predictions: readonly Prediction[],
  most: number,
): number[] {
  const confidence = (position: number): number => predictions[position]?.score ?? 0;
  const wrong = predictions.flatMap(({ label }, position) => (label === truth[position] ? [] : [position]));
  return wrong.sort((a, b) => confidence(b) - confidence(a)).slice(0, Math.max(0, most));
}
