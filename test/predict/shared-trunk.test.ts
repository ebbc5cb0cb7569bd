import {
  type Backend,
  canShareTrunk,
  type Model,
  openFeaturePredictor,
  openHead,
  openPredictor,
  openTrunk,
  type Prediction,
  trunkId,
} from "@graft/core";
import { beforeAll, describe, expect, it } from "vitest";
import { TEST_BACKENDS } from "../backends.ts";
import { patchImages } from "../export/formats.ts";
import { randomWeights, sampleModel } from "../export/sample-model.ts";
import { describeOn } from "../open-or-skip.ts";

const weights = randomWeights("mixed1");
const SMALL = { weights, recipe: "gap", cut: "mixed1", size: 75 } as const;
const pets = sampleModel({ ...SMALL, labels: ["cat", "dog"], unlikeAbove: 0.5 });
const images = patchImages(7, 75);

/** The same trunk under another head. */
const farm = ((): Model => {
  const model = sampleModel({ ...SMALL, labels: ["cow", "goat", "hen"], unlikeAbove: 0.4 });
  return { ...model, head: new Map([...model.head].map(([name, data]) => [name, data.map((x) => -x)])) };
})();

const numbers = ({ probabilities, distance }: Prediction): readonly number[] => [
  ...probabilities,
  distance ?? Number.NaN,
];

for (const candidate of TEST_BACKENDS.filter(({ id }) => id === "onnx:cpu"))
  await describeOn(candidate, (backend: Backend) => {
    describe("a trunk that two models share", () => {
      let alone: readonly (readonly Prediction[])[];
      beforeAll(async () => {
        const ofModels: Prediction[][] = [];
        for (const model of [pets, farm]) {
          using predictor = await openPredictor(model, backend);
          const said: Prediction[] = [];
          for (const image of images) said.push(...(await predictor.predict([image])));
          ofModels.push(said);
        }
        alone = ofModels;
      });

      it.each([1, 2, 7])(
        "gives each head, %i images at once, the bits that its whole model gives of one alone",
        async (count) => {
          using trunk = await openTrunk(pets, backend);
          const heads = await Promise.all([pets, farm].map((model) => openHead(model, backend)));
          const rows = await trunk.run(images.slice(0, count));
          expect(rows).toHaveLength(count);
          for (const [m, head] of heads.entries())
            for (const [i, row] of rows.entries()) {
              const expected = alone[m]?.[i];
              if (!expected) throw new TypeError("there is one for each image");
              const found = await head.predict(row);
              expect(numbers(found)).toEqual(numbers(expected));
              expect(found).toEqual(expected);
            }
          for (const head of heads) head[Symbol.dispose]();
        },
      );

      it("gives the features for an explanation, the same as of the whole model, and the same answers", async () => {
        using trunk = await openTrunk(pets, backend, { features: true });
        using head = await openHead(pets, backend, { features: true });
        using whole = await openFeaturePredictor(pets, backend);
        const rows = await trunk.run(images);
        for (const [i, image] of images.entries()) {
          const [seen] = await whole.predictWithFeatures([image]);
          const row = rows[i];
          if (!seen || !row) throw new TypeError("one for each image");
          expect(row.outputs.features).toEqual({ shape: [1, ...seen.shape], data: seen.features });
          expect(await head.predict(row)).toEqual(seen.prediction);
          expect(numbers(seen.prediction)).toEqual(numbers(alone[0]?.[i] ?? seen.prediction));
        }
      });
    });
  });

describe("which models share a trunk", () => {
  it("is told by the numbers, whatever the manifest says of them", async () => {
    expect(await trunkId(pets)).toBe(await trunkId(farm));
    const tensors = new Map(weights.tensors);
    const [name, first] = [...tensors][0] ?? ["", undefined];
    if (!first) throw new TypeError("the trunk has tensors");
    tensors.set(name, { ...first, data: first.data.map((x, i) => (i === 0 ? x + 1e-3 : x)) });
    expect(await trunkId({ ...farm, weights: { ...weights, tensors } })).not.toBe(await trunkId(farm));
  });

  it.each([
    ["another size", { ...SMALL, size: 90 }],
    ["another cut", { ...SMALL, cut: "mixed0" }],
    ["another input range", { ...SMALL, weights: { ...weights, inputRange: [0, 1] as const } }],
  ] as const)("is another trunk with %s", async (_, options) => {
    const other = sampleModel({ ...options, labels: ["cat", "dog"], unlikeAbove: 0.5 });
    expect(await trunkId(other)).not.toBe(await trunkId(pets));
  });

  it("is another one where the likeness is not learned, and where features are wanted", async () => {
    expect(await trunkId(sampleModel({ ...SMALL, labels: ["cat", "dog"] }))).not.toBe(await trunkId(pets));
    expect(await trunkId(pets, { features: true })).not.toBe(await trunkId(pets));
  });

  it("is none where the head has a hidden layer", () => {
    const classic = sampleModel({ ...SMALL, recipe: "classic", hidden: 8, labels: ["cat", "dog"] });
    expect([pets, farm, classic].map(canShareTrunk)).toEqual([true, true, false]);
  });
});
