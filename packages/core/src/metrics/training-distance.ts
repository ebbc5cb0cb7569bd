/** Share of the training images that are nearer to another one than the threshold. */
export const USUAL_QUANTILE = 0.99;
/** With fewer training images there is no "usual" distance. */
export const FEWEST_TO_COMPARE = 20;

/** One image's pooled features. */
export interface PooledImage {
  /** Content hash. */
  readonly hash: string;
  /** [channels]: the features' mean over height and width. */
  readonly pooled: Float32Array;
}

export interface TrainingDistances {
  /** The {@link USUAL_QUANTILE} quantile of the distances from each training image to its nearest other one. */
  readonly threshold: number;
  /** Training images that were compared with. */
  readonly compared: number;
  /** 1 − cosine to the nearest training image of another content, in [0, 2], for each image. */
  readonly distances: Float64Array;
}

function unitVectors(images: readonly PooledImage[]): Float32Array[] {
  return images.map(({ pooled }) => {
    const length = Math.sqrt(pooled.reduce((sum, value) => sum + value * value, 0));
    return length === 0 ? pooled : pooled.map((value) => value / length);
  });
}

/** Four sums side by side: one would wait for each addition before the next. */
function dot(a: Float32Array, b: Float32Array): number {
  let [first, second, third, fourth] = [0, 0, 0, 0];
  const whole = a.length - (a.length % 4);
  for (let i = 0; i < whole; i += 4) {
    first += (a[i] ?? 0) * (b[i] ?? 0);
    second += (a[i + 1] ?? 0) * (b[i + 1] ?? 0);
    third += (a[i + 2] ?? 0) * (b[i + 2] ?? 0);
    fourth += (a[i + 3] ?? 0) * (b[i + 3] ?? 0);
  }
  for (let i = whole; i < a.length; i++) first += (a[i] ?? 0) * (b[i] ?? 0);
  return first + second + third + fourth;
}

/** Cosine of each training image to the nearest other one of another content; each pair is looked at once. */
function nearestAmong(training: readonly PooledImage[], known: readonly Float32Array[]): Float64Array {
  const best = new Float64Array(known.length).fill(Number.NEGATIVE_INFINITY);
  for (const [i, vector] of known.entries()) {
    for (let j = i + 1; j < known.length; j++) {
      const other = known[j];
      if (!other || training[i]?.hash === training[j]?.hash) continue;
      const cosine = dot(vector, other);
      if (cosine > (best[i] ?? 0)) best[i] = cosine;
      if (cosine > (best[j] ?? 0)) best[j] = cosine;
    }
  }
  return best;
}

/** Linear between the two nearest ranks, numpy's default. @param sorted ascending, at least one. */
function quantile(sorted: Float64Array, share: number): number {
  const rank = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(rank)] ?? 0, sorted[Math.ceil(rank)] ?? 0];
  return low + (high - low) * (rank - Math.floor(rank));
}

/**
 * How far images are from what a model was trained on: cosine distance of pooled features to the nearest training image. A
 * picture of nothing that was trained lies further away than training images lie from one another; by the threshold's
 * definition about one ordinary picture in a hundred does so too. Content equal by hash is never its own neighbour.
 * @returns undefined for fewer than {@link FEWEST_TO_COMPARE} training images.
 */
export function trainingDistances(
  training: readonly PooledImage[],
  images: readonly PooledImage[],
): TrainingDistances | undefined {
  if (training.length < FEWEST_TO_COMPARE) return undefined;
  const known = unitVectors(training);
  const nearest = (vector: Float32Array, hash: string): number => {
    let best = Number.NEGATIVE_INFINITY;
    for (const [i, other] of known.entries())
      if (training[i]?.hash !== hash) best = Math.max(best, dot(vector, other));
    return Math.max(0, 1 - best);
  };
  const usual = nearestAmong(training, known).map((cosine) => Math.max(0, 1 - cosine));
  const vectors = unitVectors(images);
  return {
    threshold: quantile(usual.sort(), USUAL_QUANTILE),
    compared: training.length,
    distances: Float64Array.from(images, ({ hash }, i) => nearest(vectors[i] ?? new Float32Array(), hash)),
  };
}
