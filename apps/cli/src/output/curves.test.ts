import { describe, expect, it } from "vitest";
import { curves } from "./curves.ts";

/** The numbers beside the axis, top to bottom. */
const labels = (chart: string): string[] =>
  chart.split("\n").flatMap((line) => /^\s*(-?\d\S*) [┤┼]/.exec(line)?.[1] ?? []);

describe("curves", () => {
  it("draw two series on one scale, each with its own line, and their last values", () => {
    const chart = curves("loss", { train: [1, 0.5, 0.2], validation: [1, 0.8, 0.9] }, 60);
    expect(chart.split("\n").length).toBeGreaterThan(8);
    expect(chart).toContain("─ train 0.200");
    expect(chart).toContain("┄ validation 0.900");
    expect(chart).toMatch(/[╰╮│]/);
    expect(chart).toMatch(/[┌┘]/);
  });

  it("draw nothing for a single epoch or a loss that is not a number", () => {
    expect(curves("loss", { train: [1] }, 60)).toBe("");
    expect(curves("loss", { train: [1, Number.NaN] }, 60)).toBe("");
  });

  it.each([
    [0.5, "0.500"],
    [0, "0.00"],
    [1, "1.00"],
    [123_456, "123456"],
    [2.5e-12, "2.50e-12"],
  ])("label a series that stays at %s with it", (value, label) => {
    expect(labels(curves("x", { train: [value, value, value] }, 80))).toEqual([label]);
    expect(labels(curves("x", { train: [value, value], validation: [value, value] }, 80))).toEqual([label]);
  });

  it.each([
    [[0.401, 0.402, 0.4035, 0.404]],
    [[123_456.7, 2345, 3, 1]],
    [[1e12, 1]],
    [[1e-5, 2e-5, 3e-5]],
    [[3e-12, 1e-12]],
    [[0.8, 0.9, 0.95]],
    [[1_000_000.25, 1_000_000.5]],
    [[0, 12]],
    [[1e300, 0]],
  ])("label the rows of %j with their values, no two the same, in 80 columns", (values) => {
    const chart = curves("x", { train: values, validation: values.map((value) => value) }, 80);
    const shown = labels(chart).map(Number);
    const [lowest, highest] = [Math.min(...values), Math.max(...values)];
    const step = (highest - lowest) / (shown.length - 1);
    expect(shown).toHaveLength(9);
    expect(new Set(shown).size).toBe(9);
    for (const [row, value] of shown.entries())
      expect(Math.abs(value - (highest - row * step))).toBeLessThanOrEqual(step / 2);
    for (const line of chart.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  it("start and end on the row of their values", () => {
    const lines = curves("x", { train: [0.4, 0.6, 0.8] }, 80).split("\n");
    expect(lines.find((line) => line.includes("0.40"))).toMatch(/┼───╯$/);
    expect(lines.find((line) => line.includes("0.80"))).toMatch(/┤ +╭───$/);
    expect(lines.filter((line) => line.includes("┼"))).toHaveLength(1);
  });

  it("write a last value with digits that tell something", () => {
    expect(curves("x", { train: [2e-5, 1e-5] }, 80)).toContain("train 0.0000100");
    expect(curves("x", { train: [2e-12, 1e-12] }, 80)).toContain("train 1.00e-12");
  });

  it("fit the width also with wide labels and many epochs", () => {
    const train = Array.from({ length: 300 }, (_, i) => 1e7 + Math.sin(i));
    for (const line of curves("x", { train }, 60).split("\n")) expect(line.length).toBeLessThanOrEqual(60);
  });
});
