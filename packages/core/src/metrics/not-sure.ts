import type { Prediction } from "./types.ts";

/** When to answer "not sure": below which score, and what that costs. */
export interface NotSure {
  /** Wanted share of right answers among those that are given, in (0, 1]. */
  readonly target: number;
  /** Smallest score from which answers are right often enough; null when no score is. */
  readonly threshold: number | null;
  /** Share of right answers at the threshold; the best that any threshold gives when it is null. */
  readonly precision: number;
  /** Share of the images that still get an answer at that threshold. */
  readonly coverage: number;
}

/**
 * The smallest score threshold whose answers (images with a score of at least it) are right as often as wanted. It is
 * chosen on the very images that it is measured on: on new ones expect a little less.
 * @param predictions at least one.
 */
export function notSureThreshold(
  truth: readonly number[],
  predictions: readonly Pick<Prediction, "label" | "score">[],
  target: number,
): NotSure {
  const order = [...predictions.keys()].sort(
    (a, b) => (predictions[b]?.score ?? 0) - (predictions[a]?.score ?? 0),
  );
  let right = 0;
  let chosen: NotSure | undefined;
  let best: NotSure | undefined;
  for (const [i, at] of order.entries()) {
    const prediction = predictions[at];
    const next = predictions[order[i + 1] ?? -1];
    if (prediction && prediction.label === truth[at]) right++;
    // equal scores are answered together
    if (!prediction || next?.score === prediction.score) continue;
    const answered = i + 1;
    const point = {
      ...{ target, threshold: prediction.score, precision: right / answered },
      coverage: answered / predictions.length,
    };
    if (point.precision >= target) chosen = point;
    if (!best || point.precision >= best.precision) best = point;
  }
  if (chosen) return chosen;
  return { target, threshold: null, precision: best?.precision ?? 0, coverage: best?.coverage ?? 0 };
}
