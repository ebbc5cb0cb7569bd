import { describe, expect, it } from "vitest";
import { steepest } from "./find-rate.ts";
import { recommend } from "./recommend.ts";
import { spreadOf } from "./sweep.ts";
import type { SweepRow } from "./types.ts";

const row = (cut: SweepRow["cut"], mean: number, predictMs: number, loss = 0.5): SweepRow => ({
  ...{ recipe: "gap", size: 150, cut, learningRate: 0.001, diverged: 0, modelBytes: 1, predictMs },
  accuracy: { mean, deviation: 0 },
  loss: { mean: loss, deviation: 0 },
});

describe("recommend", () => {
  it("takes the fastest of those within one standard error of the best", () => {
    // √(0.9 · 0.1 / 100) = 0.03
    const rows = [
      row("mixed7", 0.9, 5),
      row("mixed5", 0.88, 4),
      row("mixed4", 0.871, 3),
      row("mixed3", 0.86, 2),
    ];
    const { row: chosen, reason } = recommend(rows, 100);
    expect(chosen.cut).toBe("mixed4");
    expect(reason).toMatch(
      /87\.1 % cannot be told apart from the best \(90\.0 %: .*mixed7.*standard error 3\.0 %.*1\.7 times/,
    );
  });

  it("takes the best when it is as fast, the more accurate of equally fast ones, then the lower loss", () => {
    expect(recommend([row("mixed7", 0.9, 5), row("mixed5", 0.89, 5)], 100).row.cut).toBe("mixed7");
    const close = [row("mixed7", 0.9, 5), row("mixed5", 0.89, 2.05), row("mixed4", 0.88, 2)];
    expect(recommend(close, 100).row.cut).toBe("mixed5");
    expect(recommend([row("mixed7", 0.9, 5, 0.4), row("mixed6", 0.9, 5, 0.3)], 100).row.cut).toBe("mixed6");
  });

  it("passes over rows of which a seed diverged, while there are others", () => {
    const shaky = { ...row("mixed4", 0.95, 1), diverged: 1 };
    expect(recommend([shaky, row("mixed7", 0.9, 5)], 100).row.cut).toBe("mixed7");
    expect(recommend([shaky], 100).row.cut).toBe("mixed4");
  });

  it("passes over heads that diverged", () => {
    expect(recommend([row("mixed4", Number.NaN, 1), row("mixed7", 0.6, 5)], 10).row.cut).toBe("mixed7");
  });
});

it("spreadOf gives mean and sample deviation", () => {
  expect(spreadOf([0.8])).toEqual({ mean: 0.8, deviation: 0 });
  const { mean, deviation } = spreadOf([1, 2, 3, 4]);
  expect(mean).toBe(2.5);
  expect(deviation).toBeCloseTo(1.2909944487, 9); // numpy.std(ddof=1)
});

describe("steepest", () => {
  const curve = (loss: (step: number) => number) =>
    Array.from({ length: 60 }, (_, step) => ({ learningRate: 10 ** (step / 10 - 6), loss: loss(step) }));

  it("is where the loss falls fastest", () => {
    const logistic = curve((step) => 1 / (1 + Math.exp((step - 30) / 3)));
    expect(steepest(logistic)?.learningRate).toBeCloseTo(1e-3, 6);
  });

  it("is before the lowest loss, whatever comes after it", () => {
    const bowl = curve((step) => (step < 40 ? 1 - 0.5 * (step / 40) ** 2 : 0.5 + (step - 40) / 5));
    expect(steepest(bowl)?.learningRate).toBeLessThanOrEqual(1e-2);
  });

  it("is not where the loss comes back from a spike", () => {
    const logistic = (step: number): number => 1 / (1 + Math.exp((step - 30) / 3));
    const spiked = curve((step) => (step > 36 && step % 3 === 0 ? 0.9 : logistic(step)));
    expect(steepest(spiked)?.learningRate).toBeCloseTo(1e-3, 6);
    const swinging = curve((step) => logistic(step) + (step > 38 ? 0.4 * Math.abs(Math.sin(step)) : 0));
    expect(steepest(swinging)?.learningRate).toBeGreaterThan(5e-4);
    expect(steepest(swinging)?.learningRate).toBeLessThan(2e-3);
  });

  it("is nowhere on a loss that never falls, or by less than 2 %", () => {
    expect(steepest(curve((step) => step))).toBeUndefined();
    expect(steepest(curve((step) => 1 - 0.019 * Math.min(1, step / 50)))).toBeUndefined();
  });
});
