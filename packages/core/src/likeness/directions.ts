import { dot } from "../metrics/dot.ts";

/**
 * Most directions that a model keeps: with two layers of 768 channels, 98 kB. Of 861 photos of other things 32 of them flag
 * 60 % for a model of cats and dogs where 95 % of its own kind pass, 64 flag 63 %, 128 flag 63 %.
 */
export const MOST_DIRECTIONS = 64;
/** With training images themselves as a start, two rounds flag what the exact directions flag, to 2 %. */
const ROUNDS = 2;
/** Less than this share of a vector that is left beside the others is rounding. */
const NOTHING_LEFT = 1e-6;
const INT8_MAX = 127;

const lengthOf = (vector: Float64Array): number =>
  Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));

/** Four at once: what costs is going over the numbers. @returns the products of a vector with each of up to four. */
function fourProducts(vector: Float64Array, four: readonly Float64Array[]): number[] {
  const [a = vector, b = a, c = a, d = a] = four;
  let [first, second, third, fourth] = [0, 0, 0, 0];
  for (let i = 0; i < vector.length; i++) {
    const value = vector[i] ?? 0;
    first += value * (a[i] ?? 0);
    second += value * (b[i] ?? 0);
    third += value * (c[i] ?? 0);
    fourth += value * (d[i] ?? 0);
  }
  return [first, second, third, fourth];
}

/** Adds up to four vectors, each times its factor. */
function addFour(into: Float64Array, four: readonly Float64Array[], factors: readonly number[]): void {
  const [a = into, b = a, c = a, d = a] = four;
  const [first = 0, second = 0, third = 0, fourth = 0] = factors;
  for (let i = 0; i < into.length; i++)
    into[i] =
      (into[i] ?? 0) +
      first * (a[i] ?? 0) +
      second * (b[i] ?? 0) +
      third * (c[i] ?? 0) +
      fourth * (d[i] ?? 0);
}

/** [0, 4), [4, 8) … */
const fours = <T>(all: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(all.length / 4) }, (_, i) => all.slice(4 * i, 4 * i + 4));

/** Unit vectors at right angles that span what the given ones do (Gram and Schmidt, each twice over for the rounding). */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const found: Float64Array[] = [];
  for (const vector of vectors) {
    const rest = vector.slice();
    const length = lengthOf(rest);
    for (let pass = 0; pass < 2; pass++)
      for (const others of fours(found)) {
        const shares = fourProducts(rest, others).slice(0, others.length);
        addFour(
          rest,
          others,
          shares.map((share) => -share),
        );
      }
    const left = lengthOf(rest);
    if (left > NOTHING_LEFT * length) found.push(rest.map((value) => value / left));
  }
  return found;
}

/** One round of subspace iteration: the directions, turned towards where the vectors are long. */
function turned(directions: readonly Float64Array[], vectors: readonly Float64Array[]): Float64Array[] {
  const sums = directions.map(({ length }) => new Float64Array(length));
  const groups = fours(directions);
  for (const four of fours(vectors)) {
    const shares = four.map((vector) => groups.flatMap((group) => fourProducts(vector, group)));
    for (const [i, sum] of sums.entries())
      addFour(
        sum,
        four,
        shares.map((of) => of[i] ?? 0),
      );
  }
  return orthonormal(sums);
}

/** As whole numbers of 8 bits, the largest of each direction ±127: their lengths say what one step is worth. */
function quantized(directions: readonly Float64Array[]): Int8Array<ArrayBuffer> {
  const channels = directions[0]?.length ?? 0;
  const numbers = new Int8Array(directions.length * channels);
  for (const [row, direction] of directions.entries()) {
    const largest = direction.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    for (const [i, value] of direction.entries())
      numbers[row * channels + i] = Math.round((value / largest) * INT8_MAX);
  }
  return numbers;
}

/**
 * The directions along which the vectors are longest (their leading right singular vectors, not centred), by subspace
 * iteration from evenly spread vectors: no random number, the same result for the same vectors in the same order.
 * @param learned vectors all of one length, at least two; each a picture's, so what most pictures share comes first.
 * @returns int8 [directions, channels]: half as many as there are vectors, at most {@link MOST_DIRECTIONS}, fewer when the
 *   vectors span less. To be used through `unitDirections`.
 */
export function learnDirections(learned: readonly Float32Array[]): Int8Array<ArrayBuffer> {
  const vectors = learned.map((vector) => Float64Array.from(vector));
  const count = Math.min(MOST_DIRECTIONS, Math.floor(vectors.length / 2));
  const start = Array.from({ length: count }, (_, i) => vectors[Math.floor((i * vectors.length) / count)]);
  let directions = orthonormal(start.flatMap((vector) => vector ?? []));
  for (let round = 0; round < ROUNDS; round++) directions = turned(directions, vectors);
  return quantized(directions);
}

/** Kept directions as vectors of length 1. @param numbers int8 [directions, channels]. */
export function unitDirections(numbers: Int8Array, channels: number): Float32Array[] {
  return Array.from({ length: numbers.length / channels }, (_, row) => {
    const direction = Float32Array.from(numbers.subarray(row * channels, (row + 1) * channels));
    const length = Math.sqrt(dot(direction, direction));
    return direction.map((value) => value / length);
  });
}
