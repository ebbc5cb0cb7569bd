import { describe, expect, it } from "vitest";
import type { Dataset, DatasetImage, Part, Split } from "../dataset/types.ts";
import { evaluationImages } from "./evaluation-images.ts";

function image(hash: string, part?: Part): DatasetImage {
  const facts = { format: "jpeg", width: 9, height: 9, perceptualHash: "0" } as const;
  return { path: `a/${hash}.jpg`, hash, label: 0, bytes: 9, facts, ...(part ? { part } : {}) };
}

function dataset(...images: DatasetImage[]): Dataset {
  const presplit = images.some(({ part }) => part !== undefined);
  return { source: "set", labels: ["a", "b"], images, skipped: [], broken: [], notes: [], presplit };
}

const stored: Split = {
  version: 1,
  kind: "drawn",
  seed: 1,
  fraction: 0.2,
  train: ["1", "2"],
  validation: ["3", "gone"],
  test: [],
};

describe("which images a model is scored on", () => {
  it("are the data set's own validation folder, whatever split is stored", () => {
    const chosen = evaluationImages(
      dataset(image("1", "validation"), image("3", "train")),
      stored,
      undefined,
    );
    expect(chosen).toMatchObject({ part: "validation", images: [{ hash: "1" }] });
    expect(chosen.description).toContain("own folders");
  });

  it("are the validation images of the training's split that are here", () => {
    const chosen = evaluationImages(dataset(image("1"), image("2"), image("3")), stored, undefined);
    expect(chosen).toMatchObject({ part: "validation", images: [{ hash: "3" }] });
    expect(chosen.description).toContain("trained with");
  });

  it("are what the training held out of a train folder that has no validation folder beside it", () => {
    const set = dataset(image("1", "train"), image("3", "train"), image("4", "test"));
    expect(evaluationImages(set, stored, undefined)).toMatchObject({
      part: "validation",
      images: [{ hash: "3" }],
    });
  });

  it("are the test folder where there is no validation folder", () => {
    const chosen = evaluationImages(dataset(image("1", "train"), image("2", "test")), undefined, undefined);
    expect(chosen).toMatchObject({ part: "test", images: [{ hash: "2" }] });
  });

  it("are all images, said so, where nothing is known of a split or none of it is here", () => {
    expect(evaluationImages(dataset(image("1")), undefined, undefined).description).toMatch(
      /all 1 images.*not here/,
    );
    expect(evaluationImages(dataset(image("9")), stored, undefined).part).toBe("all");
  });

  it("are what was asked for, or an error that says what there is", () => {
    const set = dataset(image("1"), image("3"));
    expect(evaluationImages(set, stored, "train").images).toHaveLength(1);
    expect(evaluationImages(set, stored, "all").images).toHaveLength(2);
    expect(() => evaluationImages(set, stored, "test")).toThrow(/no test part.*train, validation or all/);
  });
});
