/** A threshold's two rates: what is said to be positive is every image whose score is at least `threshold`. */
export interface RocPoint {
  readonly falsePositiveRate: number;
  readonly truePositiveRate: number;
  /** null at the start: nothing is said to be positive. */
  readonly threshold: number | null;
}

export interface RocCurve {
  /** From (0, 0) to (1, 1); equal scores are one point, points inside a straight piece are left out. */
  readonly points: readonly RocPoint[];
  /**
   * Area under the curve: the chance that a positive image has a higher score than a negative one, ties counted half (the
   * Mann-Whitney rank statistic, which is what scikit-learn's `roc_auc_score` gives).
   */
  readonly auc: number;
}

/** Counts at each distinct score, highest first. */
function countAtScores(scores: readonly number[], isPositive: readonly boolean[]) {
  const order = [...scores.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  const counts: { score: number; positive: number; negative: number }[] = [];
  for (const at of order) {
    const score = scores[at] ?? 0;
    let last = counts.at(-1);
    if (last?.score !== score) {
      last = { score, positive: 0, negative: 0 };
      counts.push(last);
    }
    if (isPositive[at]) last.positive++;
    else last.negative++;
  }
  return counts;
}

/** True when b lies on the way from a to c, so that a drawing does not need it. */
function isBetween(a: RocPoint, b: RocPoint, c: RocPoint): boolean {
  const cross =
    (b.falsePositiveRate - a.falsePositiveRate) * (c.truePositiveRate - b.truePositiveRate) -
    (c.falsePositiveRate - b.falsePositiveRate) * (b.truePositiveRate - a.truePositiveRate);
  return Math.abs(cross) < 1e-12;
}

/**
 * The receiver operating characteristic of two classes.
 * @param scores of each image: higher is more surely positive.
 * @param isPositive what each image is.
 * @returns undefined when all images are of one class: then there is no curve.
 */
export function rocCurve(scores: readonly number[], isPositive: readonly boolean[]): RocCurve | undefined {
  const positives = isPositive.filter(Boolean).length;
  const negatives = isPositive.length - positives;
  if (positives === 0 || negatives === 0) return undefined;
  const points: RocPoint[] = [{ falsePositiveRate: 0, truePositiveRate: 0, threshold: null }];
  let [found, wrong, pairs] = [0, 0, 0];
  for (const { score, positive, negative } of countAtScores(scores, isPositive)) {
    pairs += negative * (found + positive / 2);
    found += positive;
    wrong += negative;
    const point = {
      falsePositiveRate: wrong / negatives,
      truePositiveRate: found / positives,
      threshold: score,
    };
    const [before, last] = points.slice(-2);
    if (before && last && isBetween(before, last, point)) points.pop();
    points.push(point);
  }
  return { points, auc: pairs / (positives * negatives) };
}
