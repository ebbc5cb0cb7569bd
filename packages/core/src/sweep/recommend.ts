import type { SweepRow } from "./types.ts";

/** Of an accuracy that was measured on n images: √(p (1 − p) / n). */
const standardError = (accuracy: number, images: number): number =>
  Math.sqrt((accuracy * (1 - accuracy)) / Math.max(1, images));

const name = ({ recipe, size, cut, learningRate }: SweepRow): string =>
  `${recipe}, ${cut} at ${size} pixels, learning rate ${learningRate}`;

const points = (accuracy: number): string => `${(100 * accuracy).toFixed(1)} %`;

/**
 * The cheapest of those that the validation images cannot tell from the best: rows whose mean accuracy is within one
 * standard error of the best one's (Breiman et al. 1984, Classification and Regression Trees, 3.4.3) are as good, and the
 * fastest of them is recommended; of equally fast ones (within 5 %) the more accurate one, then the one with the lower loss.
 *
 * @param rows at least one with an accuracy.
 */
export function recommend(
  rows: readonly SweepRow[],
  validationImages: number,
): { readonly row: SweepRow; readonly reason: string } {
  const finite = rows.filter(({ accuracy }) => Number.isFinite(accuracy.mean));
  // what failed for one seed is no advice, unless nothing else is left
  const stable = finite.filter(({ diverged }) => diverged === 0);
  const usable = stable.length > 0 ? stable : finite;
  const best = usable.reduce<SweepRow | undefined>(
    (most, row) => (most && !isBetter(row, most) ? most : row),
    undefined,
  );
  if (!best) throw new TypeError("a sweep has a row with an accuracy");
  const margin = standardError(best.accuracy.mean, validationImages);
  const equals = usable.filter(({ accuracy }) => accuracy.mean >= best.accuracy.mean - margin);
  const fastest = Math.min(...equals.map(({ predictMs }) => predictMs));
  const row = equals
    .filter(({ predictMs }) => predictMs <= fastest * 1.05)
    .reduce((most, one) => (isBetter(one, most) ? one : most));
  if (row === best)
    return {
      row,
      reason: `it is the most accurate (${points(best.accuracy.mean)}), and none that is as good is faster`,
    };
  const faster = (best.predictMs / row.predictMs).toFixed(1);
  return {
    row,
    reason: `its ${points(row.accuracy.mean)} cannot be told apart from the best (${points(best.accuracy.mean)}: ${name(best)}) with ${validationImages} validation images (standard error ${points(margin)}), and it is ${faster} times as fast`,
  };
}

function isBetter(a: SweepRow, b: SweepRow): boolean {
  if (a.accuracy.mean !== b.accuracy.mean) return a.accuracy.mean > b.accuracy.mean;
  return a.loss.mean < b.loss.mean;
}
