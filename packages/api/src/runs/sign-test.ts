/**
 * Exact two-sided sign test: how often chance alone would set two equal runs as far apart as these, or further, on the
 * pictures they disagree about. From 0.05 on it could be chance.
 * @param better pictures that the first alone has right. @param worse those that the second alone has right.
 * @returns p = min(1, 2 · P(X ≤ min)), X ~ B(better + worse, ½); 1 where they never disagree.
 */
export function signTest(better: number, worse: number): number {
  const all = better + worse;
  // in logarithms: ½ⁿ is no number any more from 1,075 on; a term that is none adds nothing
  let term = -all * Math.LN2;
  let sum = Math.exp(term);
  for (let i = 1; i <= Math.min(better, worse); i++) {
    term += Math.log(all - i + 1) - Math.log(i);
    sum += Math.exp(term);
  }
  return Math.min(1, 2 * sum);
}
