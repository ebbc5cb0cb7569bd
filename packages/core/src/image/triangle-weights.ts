/** Fractional bits of the weights: Pillow keeps 8 bits for the result and 2 for the overshoot of sharper filters. */
export const PRECISION_BITS = 32 - 8 - 2;

/** For each output position: the first input position and `taps` weights (zeros after the last one that counts). */
export interface TriangleWeights {
  readonly taps: number;
  readonly starts: Int32Array; // [out]
  readonly counts: Int32Array; // [out]
  readonly values: Int32Array; // [out, taps], fixed point
}

function computeWeights(from: number, to: number): TriangleWeights {
  const scale = from / to;
  const support = Math.max(scale, 1);
  const taps = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(to);
  const counts = new Int32Array(to);
  const values = new Int32Array(to * taps);
  const exact = new Float64Array(taps);
  const step = 1 / support;
  for (let at = 0; at < to; at++) {
    const center = (at + 0.5) * scale;
    const start = Math.max(Math.trunc(center - support + 0.5), 0);
    const count = Math.min(Math.trunc(center + support + 0.5), from) - start;
    let sum = 0;
    for (let tap = 0; tap < count; tap++) {
      const distance = Math.abs((tap + start - center + 0.5) * step);
      const weight = distance < 1 ? 1 - distance : 0;
      exact[tap] = weight;
      sum += weight;
    }
    for (let tap = 0; tap < count; tap++) {
      const weight = exact[tap] ?? 0;
      values[at * taps + tap] = Math.trunc(0.5 + (sum === 0 ? weight : weight / sum) * (1 << PRECISION_BITS));
    }
    starts[at] = start;
    counts[at] = count;
  }
  return { taps, starts, counts, values };
}

/** Weights of recent (from, to) pairs; photos of one camera share theirs. */
const cache = new Map<string, TriangleWeights>();
const CACHED_PAIRS = 256;

/**
 * The triangle filter's weights from `from` to `to` positions, widened by the ratio when it shrinks (antialiasing):
 * normalised in float64, then rounded to fixed point. Pillow, src/libImaging/Resample.c: precompute_coeffs and
 * normalize_coeffs_8bpc. The same object for the same pair, mostly.
 */
export function triangleWeights(from: number, to: number): TriangleWeights {
  const key = `${from}:${to}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  if (cache.size >= CACHED_PAIRS) cache.clear();
  const made = computeWeights(from, to);
  cache.set(key, made);
  return made;
}
