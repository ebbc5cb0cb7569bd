import { describe, expect, it } from "vitest";
import { testRandom } from "../testing/random.ts";
import { learnDirections, MOST_DIRECTIONS, unitDirections } from "./directions.ts";
import { likenessDistance, likenessVector } from "./distance.ts";

const CHANNELS = 96;

/** Unit vectors near a space of a few dimensions, with a little of everything else. */
function vectorsNear(
  basis: readonly Float32Array[],
  count: number,
  { seed, noise }: { seed: number; noise: number },
) {
  const random = testRandom(seed);
  return Array.from({ length: count }, () => {
    const mix = basis.map(() => random.next() * 2 - 1);
    const sum = Float32Array.from({ length: CHANNELS }, (_, i) =>
      basis.reduce((total, axis, k) => total + (mix[k] ?? 0) * (axis[i] ?? 0), (random.next() - 0.5) * noise),
    );
    return likenessVector([sum]);
  });
}

function axes(count: number, seed: number): Float32Array[] {
  const random = testRandom(seed);
  return Array.from({ length: count }, () =>
    Float32Array.from({ length: CHANNELS }, () => random.next() - 0.5),
  );
}

const lengthOf = (vector: Float32Array): number => Math.hypot(...vector);
const product = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

describe("learnDirections", () => {
  const basis = axes(6, 1);
  const training = vectorsNear(basis, 200, { seed: 2, noise: 0.02 });

  it("finds what the vectors span: others of the same kind lie inside, those of another kind do not", () => {
    const directions = unitDirections(learnDirections(training), CHANNELS);
    expect(directions).toHaveLength(MOST_DIRECTIONS);
    const own = vectorsNear(basis, 50, { seed: 3, noise: 0.02 });
    for (const vector of own) expect(likenessDistance(directions.slice(0, 8), vector)).toBeLessThan(0.01);
    const other = vectorsNear(axes(6, 9), 50, { seed: 4, noise: 0.02 });
    for (const vector of other) expect(likenessDistance(directions.slice(0, 8), vector)).toBeGreaterThan(0.5);
  });

  it("keeps in 8 bits what moves no distance by more than the step of the largest number", () => {
    const directions = unitDirections(learnDirections(training), CHANNELS);
    for (const [i, direction] of directions.entries()) {
      expect(lengthOf(direction)).toBeCloseTo(1, 6);
      for (const other of directions.slice(0, i))
        expect(Math.abs(product(direction, other))).toBeLessThan(0.03);
    }
    // all directions of a space take a vector whole
    const whole = unitDirections(learnDirections(vectorsNear(basis, 12, { seed: 5, noise: 0 })), CHANNELS);
    for (const vector of vectorsNear(basis, 20, { seed: 6, noise: 0 }))
      expect(likenessDistance(whole, vector)).toBeLessThan(0.01);
  });

  it("gives the same numbers for the same vectors", () => {
    expect(learnDirections(training)).toEqual(learnDirections(training.map((vector) => vector.slice())));
  });

  it("gives no more than the vectors span, and half as many as there are of them", () => {
    const two = axes(2, 7);
    expect(learnDirections(vectorsNear(two, 40, { seed: 8, noise: 0 })).length / CHANNELS).toBe(2);
    const same = vectorsNear(basis, 1, { seed: 1, noise: 0 })[0] ?? new Float32Array();
    expect(learnDirections(Array.from({ length: 30 }, () => same)).length / CHANNELS).toBe(1);
    expect(learnDirections(vectorsNear(basis, 21, { seed: 8, noise: 1 })).length / CHANNELS).toBe(10);
  });
});

describe("likenessVector", () => {
  it("gives each layer the same weight, whatever its numbers' size", () => {
    const vector = likenessVector([Float32Array.of(3, 4), Float32Array.of(0, 0.002)]);
    const half = Math.SQRT1_2;
    expect([...vector]).toEqual([0.6 * half, 0.8 * half, 0, half].map((value) => expect.closeTo(value, 6)));
    expect([...likenessVector([Float32Array.of(0, 0)])]).toEqual([0, 0]);
  });
});
