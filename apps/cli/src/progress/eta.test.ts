import { expect, it } from "vitest";
import { countdown, RateMeter } from "./eta.ts";

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

it("starts anew when the work is counted from the start again", () => {
  const meter = new RateMeter(1000);
  meter.update(0, 0, 100);
  meter.update(1000, 100, 100);
  expect(meter.update(1100, 10, 100)).toBeUndefined();
  expect(meter.update(1200, 20, 100)?.rate).toBeCloseTo(100);
});

it("counts down as a clock does", () => {
  expect([0, 0.2, 12.4, 61, 3600 + 62].map(countdown)).toEqual(["0:00", "0:01", "0:13", "1:01", "1:01:02"]);
});
