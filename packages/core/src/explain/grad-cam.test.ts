import { describe, expect, it } from "vitest";
import type { HeadSpec, HeadValues } from "../head/types.ts";
import { testRandom } from "../testing/random.ts";
import { GradCam } from "./grad-cam.ts";

const SHAPE = [3, 2, 5] as const;
const [HEIGHT, WIDTH, CHANNELS] = SHAPE;
const LENGTH = HEIGHT * WIDTH * CHANNELS;

const GAP: HeadSpec = {
  ...{ recipe: "gap", numClasses: 3, activation: "softmax", units: 3, hidden: 0, dropout: 0.2 },
};
const CLASSIC_TWO: HeadSpec = {
  ...{ recipe: "classic", numClasses: 2, activation: "sigmoid", units: 1, hidden: 7, dropout: 0.2 },
};
const CLASSIC_THREE: HeadSpec = { ...CLASSIC_TWO, numClasses: 3, activation: "softmax", units: 3 };

function randomProblem(head: HeadSpec, seed: number) {
  const random = testRandom(seed);
  const some = (length: number) => Float32Array.from({ length }, () => 2 * random.next() - 1);
  const inputs = head.hidden > 0 ? head.hidden : CHANNELS;
  const values: HeadValues = new Map([
    ["dense/kernel", some(LENGTH * head.hidden)],
    ["dense/bias", some(head.hidden)],
    ["predictions/kernel", some(inputs * head.units)],
    ["predictions/bias", some(head.units)],
  ]);
  const features = some(LENGTH).map((value) => Math.max(0, value));
  return { values, features };
}

/** The class's logit in float64, less the mean of all logits for a softmax, written out from what the heads are. */
function logit(head: HeadSpec, values: HeadValues, features: Float64Array, label: number): number {
  if (head.activation === "sigmoid") {
    const second = unitLogit(head, values, features, 0);
    return label === 0 ? -second : second;
  }
  const all = Array.from({ length: head.units }, (_, unit) => unitLogit(head, values, features, unit));
  return (all[label] ?? 0) - all.reduce((a, b) => a + b, 0) / all.length;
}

function unitLogit(head: HeadSpec, values: HeadValues, features: Float64Array, unit: number): number {
  const at = (name: string, i: number): number => values.get(name)?.[i] ?? 0;
  const inputs =
    head.hidden > 0
      ? Array.from({ length: head.hidden }, (_, unit) => {
          const sum = features.reduce(
            (total, x, i) => total + x * at("dense/kernel", i * head.hidden + unit),
            0,
          );
          return Math.max(0, sum + at("dense/bias", unit));
        })
      : Array.from({ length: CHANNELS }, (_, c) => {
          const own = [...features].filter((_, i) => i % CHANNELS === c);
          return own.reduce((a, b) => a + b, 0) / (HEIGHT * WIDTH);
        });
  return inputs.reduce(
    (sum, x, i) => sum + x * at("predictions/kernel", i * head.units + unit),
    at("predictions/bias", unit),
  );
}

describe("GradCam.channelWeights", () => {
  it.each([
    ["gap, softmax", GAP],
    ["classic, sigmoid", CLASSIC_TWO],
    ["classic, softmax", CLASSIC_THREE],
  ])("are the gradient of the class's logit, taken by differences in float64: %s", (_, head) => {
    for (let seed = 1; seed <= 5; seed++) {
      const { values, features } = randomProblem(head, seed);
      const cam = new GradCam({ head, values, shape: SHAPE });
      for (let label = 0; label < head.numClasses; label++) {
        const step = 1e-5; // no unit's sum is this near to 0, so the logit is linear there
        const expected = new Float64Array(CHANNELS);
        for (let i = 0; i < LENGTH; i++) {
          const moved = (by: number) => Float64Array.from(features, (x, j) => (i === j ? x + by : x));
          const [up, down] = [moved(step), moved(-step)].map((x) => logit(head, values, x, label));
          const gradient = ((up ?? 0) - (down ?? 0)) / (2 * step);
          expected[i % CHANNELS] = (expected[i % CHANNELS] ?? 0) + gradient / (HEIGHT * WIDTH);
        }
        const weights = cam.channelWeights(features, label);
        expect(weights).toHaveLength(CHANNELS);
        for (const [c, weight] of weights.entries()) expect(weight).toBeCloseTo(expected[c] ?? 9, 8);
      }
    }
  });
});

describe("GradCam.map", () => {
  it("does not see what is added to the columns of all classes, as a random start leaves it there", () => {
    const { values, features } = randomProblem(GAP, 8);
    const noise = testRandom(9);
    const kernel = values.get("predictions/kernel") ?? new Float32Array();
    const shifts = Array.from({ length: CHANNELS }, () => noise.int(-8, 8));
    const shifted = kernel.map((value, i) => value + (shifts[Math.floor(i / GAP.units)] ?? 0));
    const ofAll = new Map(values).set("predictions/kernel", shifted);
    const expected = new GradCam({ head: GAP, values, shape: SHAPE }).map(features, 1);
    const same = new GradCam({ head: GAP, values: ofAll, shape: SHAPE }).map(features, 1);
    // float32 kernels of 8 and more: 1e-6
    for (const [i, value] of same.data.entries()) expect(value).toBeCloseTo(expected.data[i] ?? -1, 5);
    expect(Math.max(...expected.data)).toBeGreaterThan(0.01);
  });

  it("peaks at the place whose features speak for the class, and is 0 where they speak against it", () => {
    // unit 0 likes channel 0, unit 1 channel 1, both dislike the other's
    const values: HeadValues = new Map([
      ["predictions/kernel", Float32Array.of(1, -1, -1, 1, 0, 0, 0, 0, 0, 0)],
      ["predictions/bias", new Float32Array(2)],
    ]);
    const head: HeadSpec = { ...GAP, numClasses: 2, units: 2 };
    const features = new Float32Array(LENGTH);
    features[(2 * WIDTH + 1) * CHANNELS] = 4; // row 2, column 1, channel 0
    features[(1 * WIDTH + 0) * CHANNELS + 1] = 3; // row 1, column 0, channel 1
    const places = HEIGHT * WIDTH;
    const cam = new GradCam({ head, values, shape: SHAPE });
    const first = cam.map(features, 0);
    expect([...first.data]).toEqual([0, 0, 0, 0, 0, 4 / places]);
    const second = cam.map(features, 1);
    expect([...second.data]).toEqual([0, 0, 3 / places, 0, 0, 0]);
  });
});
