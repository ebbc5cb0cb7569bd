import { describe, it, type TestFunction } from "vitest";

/**
 * Whether all is to be run, as CI does. `npm test` leaves out what takes longest: what looks on another pair of stores, on more
 * cases or at larger scale at what shorter tests have shown already. Each is a skipped test that says so.
 */
export const isLong = process.env.GRAFT_TEST_LONG === "1";

const WHY = "long: GRAFT_TEST_LONG=1 runs it";

export function itLong(name: string, run: TestFunction, timeoutMs?: number): void {
  if (isLong) it(name, run, timeoutMs);
  else it.skip(`${name} (${WHY})`, run);
}

/** Its hooks are not run either where it is left out. */
export function describeLong(name: string, tests: () => void): void {
  if (isLong) describe(name, tests);
  else describe.skip(`${name} (${WHY})`, tests);
}

/** Cases that show one thing in several ways: the first one alone where the others take long. */
export function firstOrAll<const T>(cases: readonly T[]): readonly T[] {
  return isLong ? cases : cases.slice(0, 1);
}
