import { describe, expect, it } from "vitest";
import { testRandom } from "../testing/random.ts";
import { scorePredictions } from "./score.ts";
import type { Prediction } from "./types.ts";

/** What a model says that gives these probabilities. */
function said(...probabilities: number[]): Prediction {
  const score = Math.max(...probabilities);
  return { label: probabilities.indexOf(score), score, probabilities: Float32Array.from(probabilities) };
}

const LABELS = ["bird", "cat", "dog"];

describe("scorePredictions", () => {
  it("gives the values worked out by hand for six images of three classes", () => {
    const truth = [0, 0, 1, 1, 1, 2];
    const predictions = [
      said(0.5, 0.25, 0.25), // right
      said(0.25, 0.5, 0.25), // a bird said to be a cat
      said(0.125, 0.75, 0.125), // right
      said(0.25, 0.5, 0.25), // right
      said(0.75, 0.125, 0.125), // a cat said to be a bird
      said(0.5, 0.25, 0.25), // a dog said to be a bird
    ];
    const result = scorePredictions(LABELS, truth, predictions);
    expect(result.images).toBe(6);
    expect(result.confusion).toEqual([
      [1, 1, 0],
      [1, 2, 0],
      [1, 0, 0],
    ]);
    expect(result.accuracy).toBe(0.5);
    expect(result.perClass).toEqual([
      { label: "bird", images: 2, precision: 1 / 3, recall: 1 / 2, f1: 2 / 5 },
      { label: "cat", images: 3, precision: 2 / 3, recall: 2 / 3, f1: 2 / 3 },
      { label: "dog", images: 1, precision: null, recall: 0, f1: 0 },
    ]);
    expect(result.macroF1).toBeCloseTo((2 / 5 + 2 / 3) / 3, 12);
    // -(ln ½ + ln ¼ + ln ¾ + ln ½ + ln ⅛ + ln ¼) / 6, all exact in float32
    expect(result.loss).toBeCloseTo((2 * Math.LN2 + 2 * Math.log(4) - Math.log(0.75) + Math.log(8)) / 6, 12);
  });

  it("clips probabilities at 1e-7 as Keras does, so that a sure mistake costs 16.118 nats and not infinity", () => {
    expect(scorePredictions(["a", "b"], [1], [said(1, 0)]).loss).toBeCloseTo(-Math.log(1e-7), 12);
    expect(scorePredictions(["a", "b"], [0], [said(1, 0)]).loss).toBeCloseTo(1e-7, 12);
  });

  it("leaves every number of a class that is neither there nor said undefined, and out of the mean", () => {
    const result = scorePredictions(LABELS, [0, 1], [said(1, 0, 0), said(0, 1, 0)]);
    expect(result.perClass[2]).toEqual({ label: "dog", images: 0, precision: null, recall: null, f1: null });
    expect(result.macroF1).toBe(1);
  });

  it.each([
    [["__proto__", "constructor", "toString"]],
    [["1", "10", "2"]],
    [["10", "b", "1", "a", "-1", "01", "1.5"]],
  ])("keeps the order of the labels, whatever the names are: %j", (labels) => {
    const answers = labels.map((_, i) => said(...labels.map((_, other) => (other === i ? 1 : 0))));
    const result = scorePredictions(
      labels,
      labels.map(() => 0),
      answers,
    );
    expect(result.perClass.map(({ label }) => label)).toEqual(labels);
    expect(result.perClass[0]?.images).toBe(labels.length);
  });

  it("agrees with itself on random predictions: sums of the table, bounds, order of the images", () => {
    const random = testRandom(7);
    for (let round = 0; round < 50; round++) {
      const numClasses = random.int(2, 6);
      const images = random.int(1, 40);
      const labels = Array.from({ length: numClasses }, (_, i) => `class ${i}`);
      const truth = Array.from({ length: images }, () => random.int(0, numClasses - 1));
      const predictions = truth.map(() => {
        const raw = labels.map(() => random.next() + 1e-3);
        const total = raw.reduce((sum, value) => sum + value, 0);
        return said(...raw.map((value) => value / total));
      });
      const result = scorePredictions(labels, truth, predictions);
      expect(result.confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(images);
      const right = predictions.filter(({ label }, i) => label === truth[i]).length;
      expect(result.accuracy).toBe(right / images);
      expect(result.macroF1).toBeGreaterThanOrEqual(0);
      expect(result.macroF1).toBeLessThanOrEqual(1);
      expect(result.loss).toBeGreaterThan(0);
      for (const { images: ofClass, recall, precision, f1 } of result.perClass) {
        expect(recall === null).toBe(ofClass === 0);
        if (recall && precision && f1)
          expect(f1).toBeCloseTo((2 * recall * precision) / (recall + precision), 12);
      }
      const reversed = scorePredictions(labels, truth.toReversed(), predictions.toReversed());
      expect(reversed.confusion).toEqual(result.confusion);
      expect(reversed.loss).toBeCloseTo(result.loss, 12);
    }
  });

  it("refuses an empty list, lists of different lengths and labels that are no class", () => {
    expect(() => scorePredictions(LABELS, [], [])).toThrow(/0 true labels, 0 predictions/);
    expect(() => scorePredictions(LABELS, [0, 1], [said(1, 0, 0)])).toThrow(/2 true labels, 1 predictions/);
    expect(() => scorePredictions(LABELS, [3], [said(1, 0, 0)])).toThrow(/true label 3.*0 to 2/);
  });
});
