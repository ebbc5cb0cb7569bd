import { describe, expect, it } from "vitest";
import { chart, niceMarks } from "./chart.ts";

describe("niceMarks", () => {
  it.each([
    [0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [1, 20, [5, 10, 15, 20]],
    [0, 0.73, [0, 0.2, 0.4, 0.6]],
    [0.5, 1, [0.5, 0.6, 0.7, 0.8, 0.9, 1]],
    [3, 3, [3]],
  ])("from %f to %f", (min, max, marks) => {
    expect(niceMarks(min, max)).toEqual(marks);
  });
});

describe("chart", () => {
  const axis = { label: "x", min: 0, max: 1, marks: [0, 1], format: String };
  const one = { title: "t", description: "d", x: axis, y: { ...axis, label: "y" } };

  it("puts the smallest values to the left and at the bottom, the largest to the right and on top", () => {
    const { text } = chart({
      ...one,
      series: [
        {
          name: "s",
          look: "first",
          points: [
            [0, 0],
            [1, 1],
          ],
        },
      ],
    });
    const [, points = ""] = /polyline class="line first" points="([^"]*)"/.exec(text) ?? [];
    const [[x0 = 0, y0 = 0] = [], [x1 = 0, y1 = 0] = []] = points
      .split(" ")
      .map((pair) => pair.split(",").map(Number));
    expect(x0).toBeLessThan(x1);
    expect(y0).toBeGreaterThan(y1);
    expect(text).toContain('<span class="key first">s</span>');
  });

  it("marks a single point, which is no line", () => {
    const { text } = chart({ ...one, series: [{ name: "s", look: "first", points: [[0.5, 0.5]] }] });
    expect(text.match(/<circle/g)).toHaveLength(1);
  });

  it("draws an axis without length in the middle, without a number that is none", () => {
    const flat = { ...axis, min: 2, max: 2, marks: [2] };
    const { text } = chart({ ...one, x: flat, series: [{ name: "s", look: "first", points: [[2, 0.5]] }] });
    expect(text).not.toContain("NaN");
  });
});
