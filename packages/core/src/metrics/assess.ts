import { type Calibration, calibrate } from "./calibrate.ts";
import { type Interval, wilsonInterval } from "./interval.ts";
import { type LabelError, likelyLabelErrors } from "./label-errors.ts";
import { type NotSure, notSureThreshold } from "./not-sure.ts";
import { type RocCurve, rocCurve } from "./roc.ts";
import type { Prediction } from "./types.ts";

/** Wanted share of right answers when nobody says another. */
export const DEFAULT_PRECISION_TARGET = 0.95;

/** What more than scores there is to say of a model's answers: how far they can be trusted, and whether the labels can. */
export interface Assessment {
  /** 95 % Wilson interval of the accuracy. */
  readonly accuracyInterval: Interval;
  /** Of two classes, the second one positive; null for more classes, or images of one class alone. */
  readonly roc: RocCurve | null;
  readonly calibration: Calibration;
  readonly notSure: NotSure;
  /** The least likely labels first. */
  readonly labelErrors: readonly LabelError[];
}

/**
 * @param options.truth the right class of each image, at least one.
 * @param options.predictions one for each image.
 * @param options.hashes the images' content hashes.
 * @param options.precisionTarget in (0, 1].
 */
export function assessPredictions(options: {
  readonly numClasses: number;
  readonly truth: readonly number[];
  readonly predictions: readonly Prediction[];
  readonly hashes: readonly string[];
  readonly precisionTarget: number;
}): Assessment {
  const { numClasses, truth, predictions, hashes, precisionTarget } = options;
  const right = predictions.filter(({ label }, i) => label === truth[i]).length;
  const ofSecond = predictions.map(({ probabilities }) => probabilities[1] ?? 0);
  const isSecond = truth.map((label) => label === 1);
  return {
    accuracyInterval: wilsonInterval(right, predictions.length),
    roc: (numClasses === 2 ? rocCurve(ofSecond, isSecond) : undefined) ?? null,
    calibration: calibrate(truth, predictions, hashes),
    notSure: notSureThreshold(truth, predictions, precisionTarget),
    labelErrors: likelyLabelErrors(numClasses, truth, predictions),
  };
}
