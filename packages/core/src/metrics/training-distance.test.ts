import { describe, expect, it } from "vitest";
import { trainingDistances } from "./training-distance.ts";

// Random vectors; the expected numbers were computed with numpy in float64: mean of the five smallest 1 − cosine,
// np.quantile(…, 0.99).
const TRAINING = [
  [0.58, -1.33, 0.89],
  [-0.76, -0.73, -0.2],
  [-0.56, 0.29, -0.57],
  [-1.07, -0.85, 1.31],
  [0.04, -1.17, 0.01],
  [-1.56, 1.79, -1.52],
  [0.48, 0.54, -1.45],
  [0.3, 1.0, 0.47],
  [0.26, 0.95, 0.16],
  [0.34, -0.13, 0.63],
  [-0.94, 0.79, -0.51],
  [-1.09, 0.37, 1.69],
  [0.96, -0.52, 0.7],
  [-0.45, -0.12, 0.09],
  [-2.32, 0.19, -1.03],
  [-0.7, -1.47, -1.52],
  [-0.94, 0.83, 1.67],
  [-0.03, 1.09, -0.26],
  [-1.91, 0.15, 0.45],
  [-0.43, 0.3, 0.57],
];
const IMAGES = [
  [-0.86, -1.48, -0.22],
  [-0.21, -0.35, 0.99],
  [1.73, -0.42, 0.7],
];

const named = (rows: readonly (readonly number[])[], name: string) =>
  rows.map((row, i) => ({ hash: `${name}${i}`, pooled: Float32Array.from(row) }));

describe("trainingDistances", () => {
  it("gives numpy's threshold and distances, whatever the vectors' lengths", () => {
    const longer = IMAGES.map((row) => row.map((value) => 3 * value));
    for (const images of [IMAGES, longer]) {
      const result = trainingDistances(named(TRAINING, "t"), named(images, "i"));
      expect(result?.threshold).toBeCloseTo(0.553405987, 6);
      expect(result?.compared).toBe(20);
      const expected = [0.229397387, 0.231251626, 0.429289683];
      for (const [i, distance] of expected.entries()) expect(result?.distances[i]).toBeCloseTo(distance, 6);
    }
  });

  it("never takes an image for its own neighbour, nor a copy of equal content", () => {
    const training = named(TRAINING, "t");
    const result = trainingDistances(training, training.slice(0, 3));
    for (const distance of result?.distances ?? []) expect(distance).toBeGreaterThan(0.001);
  });

  it("puts what is nothing of the kind beyond the threshold, and all zeros at 1", () => {
    const training = named(
      TRAINING.map(([a = 0, b = 0]) => [5 + a / 10, b / 10, 0]),
      "t",
    );
    const result = trainingDistances(
      training,
      named(
        [
          [5, 0, 0],
          [-1, 0, 4],
          [0, 0, 0],
        ],
        "i",
      ),
    );
    const [near = 1, far = 0, nothing] = result?.distances ?? [];
    expect(near).toBeLessThan(result?.threshold ?? 0);
    expect(far).toBeGreaterThan(result?.threshold ?? 9);
    expect(nothing).toBe(1);
  });

  it("says nothing of fewer than 20 training images", () => {
    expect(trainingDistances(named(TRAINING.slice(1), "t"), named(IMAGES, "i"))).toBeUndefined();
  });
});
