import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTrainConfig } from "../config/parse-config.ts";
import { epochOrder } from "../numbers/shuffle.ts";
import { classWeights } from "./class-weights.ts";
import { bestEpoch, shouldStop } from "./early-stopping.ts";
import { cachedVariants, variantOfEpoch } from "./variants.ts";

describe("epochOrder", () => {
  it("takes every image once, in another order each epoch, the same for the same seed", () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(1000), fc.integer({ min: 1, max: 50 }), (length, seed, epoch) => {
        const order = epochOrder(length, seed, epoch);
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, at) => at));
        expect(epochOrder(length, seed, epoch)).toEqual(order);
        if (length > 20) expect(epochOrder(length, seed, epoch + 1)).not.toEqual(order);
      }),
    );
  });
});

describe("classWeights", () => {
  it("gives scikit-learn's balanced weights, and 0 to a class that does not occur", () => {
    // compute_class_weight("balanced", classes=[0, 1], y=[0, 0, 0, 1]) = [4 / (2 · 3), 4 / (2 · 1)]
    expect(classWeights("balanced", [0, 0, 0, 1], 3)).toEqual([4 / 6, 2, 0]);
    expect(classWeights("none", [0, 0, 0, 1], 2)).toEqual([1, 1]);
  });

  it("lets every class that occurs weigh the same in total, and all samples their number", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4), { minLength: 1, maxLength: 100 }), (labels) => {
        const weights = classWeights("balanced", labels, 5);
        const total = labels.reduce((sum, label) => sum + (weights[label] ?? 0), 0);
        expect(total).toBeCloseTo(labels.length, 9);
        const totals = [...new Set(labels)].map(
          (label) => labels.filter((other) => other === label).length * (weights[label] ?? 0),
        );
        for (const one of totals) expect(one).toBeCloseTo(totals[0] ?? 0, 9);
      }),
    );
  });
});

describe("early stopping", () => {
  const held = (...losses: number[]) => losses.map((valLoss) => ({ loss: 1, valLoss }));

  it("keeps the first of the lowest validation losses", () => {
    expect(bestEpoch([])).toBe(0);
    expect(bestEpoch(held(3, 1, 2, 1))).toBe(2);
    expect(bestEpoch([{ loss: 2 }, { loss: 1 }])).toBe(2);
  });

  it("stops after as many epochs without a lower one as patience says, as Keras counts", () => {
    expect(shouldStop(held(3, 1, 2), 2)).toBe(false);
    expect(shouldStop(held(3, 1, 2, 1), 2)).toBe(true);
    expect(shouldStop(held(3, 1, 2, 0.5), 2)).toBe(false);
    expect(shouldStop(held(1, 2, 3, 4), null)).toBe(false);
    expect(shouldStop([], 1)).toBe(false);
  });

  it("never stops without validation images", () => {
    expect(shouldStop([{ loss: 1 }, { loss: 2 }, { loss: 3 }], 1)).toBe(false);
  });
});

describe("variants", () => {
  const config = (given: object) => parseTrainConfig({ augment: {}, epochs: 10, ...given });

  it("go round: epoch 1 takes copy 0, epoch K + 1 copy 0 again", () => {
    const four = config({ variants: 4 });
    expect(cachedVariants(four)).toEqual([0, 1, 2, 3]);
    expect([1, 2, 4, 5, 10].map((epoch) => variantOfEpoch(four, epoch))).toEqual([0, 1, 3, 0, 1]);
  });

  it("that no epoch would use are not computed", () => {
    expect(cachedVariants(config({ variants: 8, epochs: 3 }))).toEqual([0, 1, 2]);
  });

  it("are new each epoch online, and one without augmentation", () => {
    expect(cachedVariants(config({ variants: "online" }))).toBeUndefined();
    expect(variantOfEpoch(config({ variants: "online" }), 7)).toBe(7);
    expect(cachedVariants(config({ augment: null }))).toEqual([0]);
    expect(variantOfEpoch(config({ augment: null }), 7)).toBe(0);
  });
});
