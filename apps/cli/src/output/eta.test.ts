import { expect, it } from "vitest";
import { RateMeter } from "./eta.ts";

it("gives the rate over its window only, so a slow start is forgotten", () => {
  const meter = new RateMeter(1000);
  expect(meter.update(0, 0, 100)).toBeUndefined();
  expect(meter.update(1000, 1, 100)?.rate).toBeCloseTo(1);
  meter.update(1500, 21, 100);
  expect(meter.update(2400, 61, 100)).toEqual({
    rate: expect.closeTo((1000 * 40) / 900, 5),
    secondsLeft: expect.closeTo(0.8775, 3),
  });
});
