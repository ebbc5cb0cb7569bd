import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { thinned } from "./thin.ts";

describe("a thinned curve", () => {
  it("is whole where it fits, and never more points than asked for", () => {
    expect(thinned(4, [(place) => place], 4)).toEqual([0, 1, 2, 3]);
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 400 }), (values) => {
        const kept = thinned(values.length, [(place) => values[place], (place) => -(values[place] ?? 0)], 20);
        expect(kept.length).toBeLessThanOrEqual(20);
        expect(kept[0]).toBe(0);
        expect(kept.at(-1)).toBe(values.length - 1);
        expect(kept).toEqual([...new Set(kept)].sort((a, b) => a - b));
      }),
    );
  });

  it("loses no peak and no valley of any line", () => {
    const loss = Array.from({ length: 10_000 }, (_, place) => Math.sin(place / 500));
    const other = loss.map((value) => -value);
    loss[7777] = 9;
    other[1234] = -9;
    const kept = thinned(loss.length, [(place) => loss[place], (place) => other[place]], 200);
    expect(kept).toContain(7777);
    expect(kept).toContain(1234);
    expect(Math.max(...kept.map((place) => other[place] ?? 0))).toBe(Math.max(...other));
  });

  it("leaves out where a line has no number", () => {
    const kept = thinned(1000, [(place) => (place === 500 ? 1 : undefined)], 10);
    expect(kept).toEqual([0, 500, 999]);
  });
});
