import { expect } from "vitest";

/**
 * Expects numbers within `tolerance` · max(1, largest expected): float32 errors of a sum grow with its terms, not with
 * what cancels out.
 */
export function expectClose(
  actual: ArrayLike<number> | undefined,
  expected: ArrayLike<number> | undefined,
  tolerance: number,
): void {
  if (!actual || !expected) throw new Error(`nothing to compare: ${actual} and ${expected}`);
  expect(actual.length).toBe(expected.length);
  const scale = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const errors = Array.from(expected, (value, i) => Math.abs(value - (actual[i] ?? Number.NaN)));
  const worst = errors.reduce((at, error, i) => (!(error <= (errors[at] ?? 0)) ? i : at), 0);
  const limit = tolerance * scale;
  expect(errors[worst], `at ${worst}: ${actual[worst]} instead of ${expected[worst]}`).toBeLessThanOrEqual(
    limit,
  );
}
