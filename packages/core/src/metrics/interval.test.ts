import { describe, expect, it } from "vitest";
import { wilsonInterval } from "./interval.ts";

describe("wilsonInterval", () => {
  // numpy, from the formula in Wilson 1927
  it.each([
    [171, 200, 0.7995133246921847, 0.8971064935799559],
    [10, 10, 0.7224672001371106, 1],
    [0, 10, 0, 0.2775327998628892],
  ])("of %i right among %i is %f to %f", (right, images, low, high) => {
    const [lower, upper] = wilsonInterval(right, images);
    expect(lower).toBeCloseTo(low, 12);
    expect(upper).toBeCloseTo(high, 12);
  });
});
