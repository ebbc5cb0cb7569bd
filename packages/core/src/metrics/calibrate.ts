import { byCodeUnit } from "../by-code-unit.ts";
import { expectedCalibrationError, type ReliabilityBin, reliabilityBins } from "./reliability.ts";
import { atTemperature, fitTemperature, negativeLogLikelihood } from "./temperature.ts";
import type { Prediction } from "./types.ts";

/** With fewer images a temperature says more of chance than of the model. */
export const FEWEST_TO_CALIBRATE = 20;

/** How far a model's probabilities can be trusted, and what one number can mend. */
export interface Calibration {
  /** As the model says them. Equal-width bins of the probability of what was said. */
  readonly before: CalibrationScore;
  /** With the temperature, measured on images that it was not fitted on; null for too few images. */
  readonly after: CalibrationScore | null;
  /** Fitted on all images: the one to use. Null for fewer than {@link FEWEST_TO_CALIBRATE}. */
  readonly temperature: number | null;
  /** Fitted on each half: what `after` was measured with, each on the other half. */
  readonly foldTemperatures: readonly number[];
}

export interface CalibrationScore {
  /** Expected calibration error, in [0, 1]. */
  readonly ece: number;
  /** Negative log-likelihood, nats. */
  readonly nll: number;
  readonly bins: readonly ReliabilityBin[];
}

function scoreAt(
  truth: readonly number[],
  predictions: readonly Prediction[],
  temperatures: readonly number[],
): CalibrationScore {
  const scaled = predictions.map(({ label, probabilities }, i) => {
    const values = atTemperature(probabilities, temperatures[i] ?? 1);
    return { label, score: values[label] ?? 0 };
  });
  const losses = predictions.map((prediction, i) =>
    negativeLogLikelihood([truth[i] ?? -1], [prediction], temperatures[i] ?? 1),
  );
  const bins = reliabilityBins(truth, scaled);
  const nll = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  return { ece: expectedCalibrationError(bins), nll, bins };
}

/** Halves the images, those of each class too, in the order given by `keys`. @returns 0 or 1 for each. */
function halves(truth: readonly number[], keys: readonly string[]): readonly number[] {
  const order = [...truth.keys()].sort((a, b) => {
    const byClass = (truth[a] ?? 0) - (truth[b] ?? 0);
    return byClass === 0 ? byCodeUnit(keys[a] ?? "", keys[b] ?? "") : byClass;
  });
  const folds = new Array<number>(truth.length).fill(0);
  for (const [rank, at] of order.entries()) folds[at] = rank % 2;
  return folds;
}

/**
 * Temperature scaling (Guo et al. 2017), measured without flattering itself: the images are halved, a temperature is fitted
 * on each half and applied to the other, so no image is scored with a temperature that has seen it.
 * @param keys the images' content hashes: they decide the halves, so that the order of the list does not.
 */
export function calibrate(
  truth: readonly number[],
  predictions: readonly Prediction[],
  keys: readonly string[],
): Calibration {
  const before = scoreAt(
    truth,
    predictions,
    predictions.map(() => 1),
  );
  if (predictions.length < FEWEST_TO_CALIBRATE)
    return { before, after: null, temperature: null, foldTemperatures: [] };
  const folds = halves(truth, keys);
  const fitted = [0, 1].map((fold) => {
    const inFold = <T>(values: readonly T[]): T[] => values.filter((_, i) => folds[i] === fold);
    return fitTemperature(inFold(truth), inFold(predictions));
  });
  const after = scoreAt(
    truth,
    predictions,
    folds.map((fold) => fitted[1 - fold] ?? 1),
  );
  return { before, after, temperature: fitTemperature(truth, predictions), foldTemperatures: fitted };
}
