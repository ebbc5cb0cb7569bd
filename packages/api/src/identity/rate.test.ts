import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RateLimit } from "./rate.ts";

const RATE = { burst: 3, perMinute: 6 } as const;

describe("a rate limit", () => {
  it("lets so many through at once, then one whenever one has come in", () => {
    let now = 1_000;
    const limit = new RateLimit(() => now);
    expect([1, 2, 3].map(() => limit.take("a", RATE))).toEqual([0, 0, 0]);
    expect(limit.take("a", RATE)).toBe(10_000);
    now += 9_999;
    expect(limit.take("a", RATE)).toBe(1);
    now += 1;
    expect(limit.take("a", RATE)).toBe(0);
    expect(limit.take("a", RATE)).toBe(10_000);
  });

  it("keeps each key's bucket apart, and never holds more than the burst", () => {
    let now = 0;
    const limit = new RateLimit(() => now);
    expect([1, 2, 3, 4].map(() => limit.take("a", RATE) === 0)).toEqual([true, true, true, false]);
    expect(limit.take("b", RATE)).toBe(0);
    now += 3_600_000;
    expect([1, 2, 3, 4].map(() => limit.take("a", RATE) === 0)).toEqual([true, true, true, false]);
  });

  it("what costs more than a full bucket waits for a full one, and is paid back", () => {
    let now = 0;
    const limit = new RateLimit(() => now);
    expect(limit.take("a", RATE, 9)).toBe(0);
    expect(limit.wait("a", RATE)).toBe(70_000);
    now += 70_000;
    expect(limit.take("a", RATE)).toBe(0);
  });

  it("a clock that is put back gives nothing and takes nothing", () => {
    let now = 100_000;
    const limit = new RateLimit(() => now);
    expect([1, 2, 3].map(() => limit.take("a", RATE))).toEqual([0, 0, 0]);
    now = 0;
    expect(limit.take("a", RATE)).toBe(10_000);
  });

  it("forgets the keys that were not asked for longest", () => {
    const limit = new RateLimit(() => 0, { maxKeys: 2 });
    for (let time = 0; time < 3; time++) limit.take("a", RATE);
    limit.take("b", RATE);
    expect(limit.wait("a", RATE)).toBeGreaterThan(0);
    limit.take("c", RATE);
    expect(limit.wait("a", RATE)).toBe(0);
    expect(limit.wait("c", { burst: 1, perMinute: 1 })).toBe(0);
  });

  it("never lets more through than the burst and what has come in since", () => {
    const step = fc.record({ waitMs: fc.nat(60_000), asks: fc.nat(5) });
    fc.assert(
      fc.property(
        fc.array(step),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 600 }),
        (steps, burst, perMinute) => {
          let now = 0;
          let taken = 0;
          const limit = new RateLimit(() => now);
          for (const { waitMs, asks } of steps) {
            now += waitMs;
            for (let ask = 0; ask < asks; ask++) if (limit.take("a", { burst, perMinute }) === 0) taken++;
          }
          expect(taken).toBeLessThanOrEqual(burst + (now / 60_000) * perMinute + 1e-6);
        },
      ),
    );
  });
});
