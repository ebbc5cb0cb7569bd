import { createRandom } from "../numbers/random.ts";
import { shuffle } from "../numbers/shuffle.ts";

/** What mixup mixes: rows of a batch in arrays that it may change. */
export interface MixableBatch {
  readonly size: number;
  /** [size, …row] */
  readonly features: Float32Array;
  /** [size, units] */
  readonly labels: Float32Array;
  /** [size] */
  readonly weights: Float32Array;
}

/** Beta(α, α) for α in (0, 1]: M. D. Jöhnk, Metrika 8 (1964). */
function drawBeta(alpha: number, random: () => number): number {
  for (;;) {
    const [x, y] = [random() ** (1 / alpha), random() ** (1 / alpha)];
    // small powers of small numbers are 0 both
    if (x + y > 0 && x + y <= 1) return x / (x + y);
  }
}

function mixRows(values: Float32Array, size: number, partners: readonly number[], share: number): void {
  const length = values.length / size;
  const before = values.slice();
  for (const [row, partner] of partners.entries())
    for (let at = 0; at < length; at++) {
      const [own, other] = [before[row * length + at] ?? 0, before[partner * length + at] ?? 0];
      values[row * length + at] = share * own + (1 - share) * other;
    }
}

/**
 * mixup (Zhang et al. 2018, https://arxiv.org/abs/1710.09412) on features: each row, its label and its weight become
 * share · own + (1 − share) · a partner's of the same batch, one share ~ Beta(α, α) for all. The larger part is the row's
 * own, so that its class is what the accuracy counts.
 */
export function mixBatch(
  { size, features, labels, weights }: MixableBatch,
  alpha: number,
  step: { readonly seed: number; readonly epoch: number; readonly step: number },
): void {
  const random = createRandom(step.seed, "mixup", step.epoch, step.step);
  const drawn = drawBeta(alpha, random);
  const share = Math.max(drawn, 1 - drawn);
  const partners = Array.from({ length: size }, (_, row) => row);
  shuffle(partners, random);
  for (const values of [features, labels, weights]) mixRows(values, size, partners, share);
}
