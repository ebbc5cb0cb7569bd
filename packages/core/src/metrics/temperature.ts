import type { Prediction } from "./types.ts";

/** A temperature outside of these is no correction any more: the images are told apart perfectly, or not at all. */
export const TEMPERATURE_RANGE = [0.05, 20] as const;

/** Keras's epsilon, as in the loss: no logarithm of 0. */
const EPSILON = 1e-7;
/** The golden section: each step of the search keeps this part. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;
/** The search ends when ln T is known to this. */
const PRECISION = 1e-6;

/**
 * Probabilities with the logits divided by a temperature (Guo et al. 2017, section 4.2): softmax(ln p / T), which is
 * softmax(logits / T), for logits and ln p differ by a constant; for two classes it is sigmoid(logit / T).
 * @param probabilities of the classes.
 * @param temperature above 1 makes the model less sure, below 1 surer; which class is said never changes.
 * @returns as many numbers, which sum to 1.
 */
export function atTemperature(probabilities: ArrayLike<number>, temperature: number): Float64Array {
  const scaled = Float64Array.from(probabilities, (p) => Math.log(Math.max(p, EPSILON)) / temperature);
  const largest = scaled.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = scaled.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** Mean −ln of the right class's probability at a temperature, in nats. */
export function negativeLogLikelihood(
  truth: readonly number[],
  predictions: readonly Pick<Prediction, "probabilities">[],
  temperature: number,
): number {
  const sum = predictions.reduce((total, { probabilities }, i) => {
    const right = atTemperature(probabilities, temperature)[truth[i] ?? -1] ?? Number.NaN;
    return total - Math.log(Math.max(right, Number.MIN_VALUE));
  }, 0);
  return sum / predictions.length;
}

/**
 * The temperature with the least negative log-likelihood over images, by golden section over ln T: the likelihood is convex
 * in 1/T, so it has one minimum in ln T.
 * @returns in {@link TEMPERATURE_RANGE}; at its ends for images that the model tells apart perfectly, or worse than by chance.
 */
export function fitTemperature(
  truth: readonly number[],
  predictions: readonly Pick<Prediction, "probabilities">[],
): number {
  const cost = (lnT: number): number => negativeLogLikelihood(truth, predictions, Math.exp(lnT));
  let [low, high] = [Math.log(TEMPERATURE_RANGE[0]), Math.log(TEMPERATURE_RANGE[1])];
  let [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
  let [atLeft, atRight] = [cost(left), cost(right)];
  while (high - low > PRECISION) {
    if (atLeft <= atRight) {
      [high, right, atRight] = [right, left, atLeft];
      left = high - GOLDEN * (high - low);
      atLeft = cost(left);
    } else {
      [low, left, atLeft] = [left, right, atRight];
      right = low + GOLDEN * (high - low);
      atRight = cost(right);
    }
  }
  return Math.exp((low + high) / 2);
}
