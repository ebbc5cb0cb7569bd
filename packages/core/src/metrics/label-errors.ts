import type { Prediction } from "./types.ts";

/** An image whose given label is probably wrong. */
export interface LabelError {
  /** Its place in the list. */
  readonly position: number;
  /** The label that the model would give it. */
  readonly suggested: number;
  /** Probability of the given label. */
  readonly given: number;
  /** Probability of the suggested one. */
  readonly probability: number;
}

/**
 * For each class the mean probability that the model gives to it over the images that carry its label: how sure it usually
 * is of that class. NaN for a class without an image.
 */
function selfConfidence(
  numClasses: number,
  truth: readonly number[],
  predictions: readonly Prediction[],
): number[] {
  return Array.from({ length: numClasses }, (_, label) => {
    const own = predictions.filter((_, i) => truth[i] === label);
    return own.reduce((sum, { probabilities }) => sum + (probabilities[label] ?? 0), 0) / own.length;
  });
}

/**
 * Likely label errors, by confident learning (Northcutt, Jiang, Chuang 2021, "Confident Learning", section 3): the given
 * label's probability is below what is usual for its class while another class's is at least what is usual for that one. Of
 * use on images that the model was not trained on: what it was told in training it often believes.
 * @returns the largest difference of the two probabilities first.
 */
export function likelyLabelErrors(
  numClasses: number,
  truth: readonly number[],
  predictions: readonly Prediction[],
): LabelError[] {
  const usual = selfConfidence(numClasses, truth, predictions);
  const errors = predictions.flatMap(({ probabilities }, position): LabelError[] => {
    const label = truth[position] ?? -1;
    const given = probabilities[label] ?? 0;
    if (!(given < (usual[label] ?? 0))) return [];
    let suggested = -1;
    for (const [other, probability] of probabilities.entries()) {
      // a comparison with NaN is false: a class without images suggests itself for nothing
      const isConfident = other !== label && probability >= (usual[other] ?? Number.NaN);
      if (isConfident && probability > (probabilities[suggested] ?? given)) suggested = other;
    }
    if (suggested === -1) return [];
    return [{ position, suggested, given, probability: probabilities[suggested] ?? 0 }];
  });
  return errors.sort((a, b) => b.probability - b.given - (a.probability - a.given));
}
