import type { Prediction } from "./types.ts";

/** Bins of the expected calibration error, equal in width (Guo et al. 2017 use 15). */
export const CALIBRATION_BINS = 15;

/** The images whose score (probability of what was said) is in (lower, upper]. */
export interface ReliabilityBin {
  readonly lower: number;
  readonly upper: number;
  readonly images: number;
  /** Mean score; null in an empty bin. */
  readonly confidence: number | null;
  /** Share that is right; null in an empty bin. */
  readonly accuracy: number | null;
}

/** How sure a model was, against how often it was right: {@link CALIBRATION_BINS} bins over (0, 1]. */
export function reliabilityBins(
  truth: readonly number[],
  predictions: readonly Pick<Prediction, "label" | "score">[],
): ReliabilityBin[] {
  const sums = Array.from({ length: CALIBRATION_BINS }, () => ({ images: 0, score: 0, right: 0 }));
  for (const [i, { label, score }] of predictions.entries()) {
    const bin = sums[Math.min(CALIBRATION_BINS - 1, Math.max(0, Math.ceil(score * CALIBRATION_BINS) - 1))];
    if (!bin) continue;
    bin.images++;
    bin.score += score;
    if (label === truth[i]) bin.right++;
  }
  return sums.map(({ images, score, right }, i) => ({
    lower: i / CALIBRATION_BINS,
    upper: (i + 1) / CALIBRATION_BINS,
    images,
    confidence: images === 0 ? null : score / images,
    accuracy: images === 0 ? null : right / images,
  }));
}

/**
 * Expected calibration error: |share right − mean score| of each bin, weighted by its images; 0 is a model that is right as
 * often as it says (Naeini et al. 2015; Guo et al. 2017, "On Calibration of Modern Neural Networks", eq. 3).
 */
export function expectedCalibrationError(bins: readonly ReliabilityBin[]): number {
  const images = bins.reduce((sum, bin) => sum + bin.images, 0);
  return bins.reduce(
    (sum, { images: inBin, accuracy, confidence }) =>
      sum + (inBin / images) * Math.abs((accuracy ?? 0) - (confidence ?? 0)),
    0,
  );
}
