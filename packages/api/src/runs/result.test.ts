import type { Dataset, DatasetImage } from "@graft/core";
import { describe, expect, it } from "vitest";
import { doubtful, evaluated, isRight, notSureFor, resultOf, surest, thresholdTable } from "./result.ts";

const labels = ["cats", "dogs"];
const facts = { format: "png", width: 1, height: 1, perceptualHash: "0000000000000000" } as const;
const image = (hash: string, label: number): DatasetImage => ({
  hash,
  path: `${hash}.png`,
  label,
  bytes: 1,
  facts,
});

/** Cats a, b, c and dogs d, e, with the probability of "dogs" of each. */
const dataset: Dataset = {
  ...{ source: "pets", labels, skipped: [], broken: [], notes: [], presplit: false },
  images: [image("a", 0), image("b", 0), image("c", 0), image("d", 1), image("e", 1)],
};
const said = [0.25, 0.5, 0.875, 0.75, 0.75];
const hashes = ["a", "b", "c", "d", "e"];
const result = resultOf(
  { labels, hashes, probabilities: Float32Array.from(said.flatMap((dog) => [1 - dog, dog])) },
  dataset,
);

describe("the result of a run", () => {
  it("counts what was said of each picture", () => {
    expect(evaluated(result)).toMatchObject({
      images: 5,
      right: 4,
      accuracy: 0.8,
      confusion: [
        [2, 1],
        [0, 2],
      ],
    });
    const [low, high] = evaluated(result).interval;
    expect(low).toBeLessThan(0.8);
    expect(high).toBeGreaterThan(0.8);
    expect(surest(result.answered.filter((one) => !isRight(one))).map((one) => one.image.hash)).toEqual([
      "c",
    ]);
    expect(doubtful(result)).toMatchObject([{ image: { hash: "c" }, suggested: 1 }]);
  });

  it("leaves out pictures that were not frozen, and classes that there are not", () => {
    const strange = {
      labels: ["cats", "birds"],
      hashes: ["a", "d", "z"],
      probabilities: new Float32Array(6),
    };
    expect(resultOf(strange, dataset).answered.map(({ image: { hash } }) => hash)).toEqual(["a"]);
  });

  it("adds up to all pictures at every score", () => {
    expect(thresholdTable(result)).toEqual([
      { below: 0, right: 4, wrong: 1, notSure: 0 },
      { below: 0.5, right: 4, wrong: 1, notSure: 0 },
      { below: 0.75, right: 3, wrong: 1, notSure: 1 },
      { below: 0.875, right: 0, wrong: 1, notSure: 4 },
    ]);
    expect(notSureFor(result, 0.75)).toMatchObject({ threshold: 0.5, precision: 0.8, coverage: 1 });
    expect(notSureFor(result, 1).threshold).toBeNull();
  });
});
