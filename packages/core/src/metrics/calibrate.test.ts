import { describe, expect, it } from "vitest";
import { calibrate } from "./calibrate.ts";
import { expectedCalibrationError, reliabilityBins } from "./reliability.ts";
import { atTemperature, fitTemperature, negativeLogLikelihood, TEMPERATURE_RANGE } from "./temperature.ts";
import type { Prediction } from "./types.ts";

// Logits of an over-confident model of three classes, and what the images are; the expected numbers beside them were
// computed with numpy in float64 from the logits (ECE over np.linspace(0, 1, 16), T by ternary search).
const LOGITS = [
  [-5.76, -2.44, -1.4],
  [-3.58, -4.48, 0.11],
  [2.69, -0.7, -2.23],
  [1.15, 2.15, -0.9],
  [1.63, 3.13, -0.62],
  [-2.44, 1.04, 0.74],
  [3.3, -3.85, -1.98],
  [-2.51, -5.2, 0.38],
  [1.58, -2.22, 4.16],
  [2.47, 1.88, 1.21],
  [2.87, -4.0, 1.84],
  [1.81, -5.3, 1.04],
  [-0.75, 2.34, -1.32],
  [-0.05, 1.03, -2.63],
  [1.8, -0.31, 1.48],
  [-1.57, 3.26, 1.82],
  [-0.53, 1.9, 3.78],
  [5.37, -4.72, 2.65],
  [1.4, -0.28, -3.02],
  [3.77, -3.79, 1.7],
  [3.91, -4.8, -0.91],
  [-3.93, 0.73, 4.54],
  [6.07, -5.33, -1.72],
  [2.11, 4.74, 1.26],
  [-2.24, 0.89, -0.05],
  [-0.61, -2.2, 1.16],
  [0.92, -0.28, -0.67],
  [-3.85, -1.46, 3.62],
  [-0.57, -4.32, 4.0],
  [1.59, 6.32, 0.19],
  [-1.38, -4.34, 3.97],
  [7.71, -2.46, -1.94],
  [1.79, -2.49, -0.81],
  [-1.05, 0.58, 3.28],
  [0.07, 2.76, -1.26],
  [0.98, -6.41, -4.35],
  [2.39, -1.77, 1.74],
  [1.63, 3.97, 2.44],
  [3.05, -0.34, -2.09],
  [-2.19, -1.46, -3.39],
];
const TRUTH = [
  2, 2, 0, 1, 0, 1, 0, 2, 1, 1, 1, 0, 1, 1, 2, 1, 2, 0, 0, 1, 0, 2, 2, 0, 1, 2, 0, 2, 2, 1, 2, 0, 1, 1, 1, 0,
  2, 1, 0, 2,
];

function softmax(logits: readonly number[]): Float32Array {
  const powers = logits.map(Math.exp);
  const sum = powers.reduce((a, b) => a + b, 0);
  return Float32Array.from(powers, (power) => power / sum);
}

function said(probabilities: Float32Array): Prediction {
  const score = Math.max(...probabilities);
  return { label: probabilities.indexOf(score), score, probabilities };
}

const PREDICTIONS = LOGITS.map((logits) => said(softmax(logits)));
const KEYS = LOGITS.map((_, i) => String((i * 7919) % 1000).padStart(4, "0"));

describe("temperature scaling", () => {
  it("finds numpy's temperature and likelihoods from probabilities alone", () => {
    // float32 probabilities: 1e-5 in T
    expect(fitTemperature(TRUTH, PREDICTIONS)).toBeCloseTo(3.128430373, 4);
    expect(negativeLogLikelihood(TRUTH, PREDICTIONS, 1)).toBeCloseTo(1.26217028, 5);
    expect(negativeLogLikelihood(TRUTH, PREDICTIONS, 3.128430373)).toBeCloseTo(0.86845175, 5);
  });

  it("is sigmoid(logit / T) for two classes, and changes nothing at 1", () => {
    const p = 0.9;
    const logit = Math.log(p / (1 - p));
    const [, second] = atTemperature([1 - p, p], 2.5);
    expect(second).toBeCloseTo(1 / (1 + Math.exp(-logit / 2.5)), 12);
    expect(atTemperature([0.1, 0.9], 1)[1]).toBeCloseTo(0.9, 12);
  });

  it("ends at its limits where no temperature is best: all right, or all wrong", () => {
    const sure = [said(Float32Array.of(0.8, 0.2)), said(Float32Array.of(0.3, 0.7))];
    expect(fitTemperature([0, 1], sure)).toBeCloseTo(TEMPERATURE_RANGE[0], 4);
    expect(fitTemperature([1, 0], sure)).toBeCloseTo(TEMPERATURE_RANGE[1], 3);
  });

  it("takes probabilities of exactly 0 and 1", () => {
    const wrong = negativeLogLikelihood([1], [said(Float32Array.of(1, 0))], 1);
    expect(wrong).toBeCloseTo(-Math.log(1e-7), 5);
  });
});

describe("expectedCalibrationError", () => {
  it("gives numpy's value before and after", () => {
    expect(expectedCalibrationError(reliabilityBins(TRUTH, PREDICTIONS))).toBeCloseTo(0.219262808, 6);
    const mended = PREDICTIONS.map(({ label, probabilities }) => {
      return { label, score: atTemperature(probabilities, 3.128430373)[label] ?? 0 };
    });
    expect(expectedCalibrationError(reliabilityBins(TRUTH, mended))).toBeCloseTo(0.147583164, 5);
  });

  it("puts a score on a bin's edge into the lower bin, 1 into the last and 0 into the first", () => {
    const scores = [0, 1 / 15, 1 / 15 + 1e-9, 1].map((score) => ({ label: 0, score }));
    const bins = reliabilityBins([0, 0, 0, 1], scores);
    expect(bins.map(({ images }) => images).filter((images) => images > 0)).toEqual([2, 1, 1]);
    expect(bins[0]).toMatchObject({ images: 2, accuracy: 1 });
    expect(bins[14]).toMatchObject({ images: 1, accuracy: 0, confidence: 1 });
    expect(bins[7]).toMatchObject({ images: 0, accuracy: null, confidence: null });
  });
});

describe("calibrate", () => {
  it("measures each half with the temperature of the other one, whatever the order of the list", () => {
    const result = calibrate(TRUTH, PREDICTIONS, KEYS);
    expect(result.before.ece).toBeCloseTo(0.219262808, 6);
    expect(result.temperature).toBeCloseTo(3.128430373, 4);
    const [first = 0, second = 0] = result.foldTemperatures;
    expect(first).not.toBeCloseTo(second, 2);
    // an optimum on all images cannot be beaten by two that never saw what they are measured on
    expect(result.after?.nll).toBeGreaterThan(0.86845175);
    expect(result.after?.nll).toBeLessThan(result.before.nll);
    const reversed = calibrate(TRUTH.toReversed(), PREDICTIONS.toReversed(), KEYS.toReversed());
    expect(reversed.after?.nll).toBeCloseTo(result.after?.nll ?? 0, 12);
    expect(reversed.foldTemperatures).toEqual(result.foldTemperatures.map((t) => expect.closeTo(t, 9)));
  });

  it("gets no flattering number from labels that are pure chance", () => {
    // half of these sure answers are wrong: whatever is fitted, what is measured must stay near ln 2
    const chance = Array.from({ length: 80 }, (_, i) => said(Float32Array.of(0.99, 0.01 + 1e-9 * i)));
    const truth = chance.map((_, i) => (i % 4 < 2 ? 0 : 1));
    const keys = chance.map((_, i) => String(i).padStart(3, "0"));
    const result = calibrate(truth, chance, keys);
    expect(result.before.nll).toBeGreaterThan(2);
    expect(result.after?.nll).toBeGreaterThan(Math.LN2 - 1e-6);
    expect(result.after?.nll).toBeLessThan(1);
  });

  it("halves the images also where every class has one", () => {
    const labels = Array.from({ length: 20 }, (_, i) => i);
    const sure = labels.map((label) => said(Float32Array.from(labels, (i) => (i === label ? 0.62 : 0.02))));
    // two of three are right, as they say: neither half may end at a limit
    const truth = labels.map((label) => (label % 3 === 2 ? (label + 1) % 20 : label));
    const keys = labels.map((label) => String(label).padStart(2, "0"));
    expect(new Set(truth).size).toBeGreaterThan(10);
    for (const temperature of calibrate(truth, sure, keys).foldTemperatures) {
      expect(temperature).toBeGreaterThan(0.3);
      expect(temperature).toBeLessThan(3);
    }
  });

  it("fits nothing to a handful of images", () => {
    const few = calibrate(TRUTH.slice(0, 19), PREDICTIONS.slice(0, 19), KEYS.slice(0, 19));
    expect(few).toMatchObject({ after: null, temperature: null, foldTemperatures: [] });
    expect(few.before.ece).toBeGreaterThan(0);
  });
});
