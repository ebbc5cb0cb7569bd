import { expect, it } from "vitest";
import { RateLimit } from "./rate-limit.ts";

it("gives a minute's allowance at once, and then one by one", () => {
  let now = 0;
  const limit = new RateLimit(() => now);
  expect([1, 2, 3].map(() => limit.take("a", 3))).toEqual([0, 0, 0]);
  expect(limit.take("a", 3)).toBe(20);
  now = 19_999;
  expect(limit.take("a", 3)).toBe(1);
  now = 20_001;
  expect(limit.take("a", 3)).toBe(0);
  expect(limit.take("a", 3)).toBe(20);
});

it("counts each name by itself, and never above a minute's allowance", () => {
  let now = 0;
  const limit = new RateLimit(() => now);
  expect(limit.take("a", 1)).toBe(0);
  expect(limit.take("b", 1)).toBe(0);
  now = 3_600_000;
  expect(limit.take("a", 1)).toBe(0);
  expect(limit.take("a", 1)).toBe(60);
});

it("forgets names that were not heard of for a minute, and no others", () => {
  let now = 0;
  const limit = new RateLimit(() => now);
  for (let i = 0; i < 10_000; i++) limit.take(`old ${i}`, 1);
  now = 61_000;
  expect(limit.take("lately", 1)).toBe(0);
  for (let i = 0; i < 10_000; i++) limit.take(`new ${i}`, 1);
  expect(limit.take("lately", 1)).toBe(60);
});
