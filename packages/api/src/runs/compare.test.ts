import { type Dataset, type DatasetImage, parseTrainConfig, type Split } from "@graft/core";
import { describe, expect, it } from "vitest";
import type { RunRow } from "../ports/rows.ts";
import { type Compared, optionDifferences, pictureDifferences, sharedPictures, verdicts } from "./compare.ts";
import { resultOf } from "./result.ts";

const facts = { format: "png", width: 1, height: 1, perceptualHash: "0000000000000000" } as const;

/** @param classes of each picture, by hash. @param held hashes. @param right of the held ones. */
function run(
  createdAt: number,
  classes: Readonly<Record<string, string>>,
  { held, right }: { readonly held: string; readonly right: string },
  config: object = {},
): Compared {
  const labels = [...new Set(Object.values(classes))].sort();
  const images = Object.entries(classes).map(
    ([hash, name]): DatasetImage => ({ hash, path: hash, label: labels.indexOf(name), bytes: 1, facts }),
  );
  const split: Split = {
    ...{ version: 1, kind: "drawn", seed: 1, fraction: 0.2, test: [] },
    train: Object.keys(classes).filter((hash) => !held.includes(hash)),
    validation: [...held],
  };
  const dataset: Dataset = {
    ...{ source: "d", labels, images, skipped: [], broken: [], notes: [], presplit: false },
  };
  const probabilities = split.validation.flatMap((hash) => {
    const truth = labels.indexOf(classes[hash] ?? "");
    const answer = right.includes(hash) ? truth : (truth + 1) % labels.length;
    return labels.map((_, label) => (label === answer ? 1 : 0));
  });
  const row: RunRow = {
    ...{ id: `${createdAt}`, dataset: "d", owner: "o", number: 1, name: null, state: "completed" },
    ...{ stopAsked: null, config: parseTrainConfig(config), frozen: "", frozenEdit: 0, createdAt },
    ...{ images: { train: 0, validation: 0, test: 0 }, startedAt: null, endedAt: null, metrics: null },
    ...{ error: null, lastSeq: -1, worker: null, backend: null, hasModel: true, rerunOf: null },
  };
  const answers = { labels, hashes: split.validation, probabilities: Float32Array.from(probabilities) };
  return { row, frozen: { dataset, split }, result: resultOf(answers, dataset) };
}

const PETS = { a: "cats", b: "cats", c: "dogs", d: "dogs", e: "cats", f: "dogs" };

describe("a comparison of runs", () => {
  it("names the options that differ, with each run's value", () => {
    const runs = [
      run(1, PETS, { held: "ab", right: "a" }),
      run(2, PETS, { held: "ab", right: "a" }, { epochs: 3 }),
    ];
    expect(optionDifferences(runs.map(({ row }) => row))).toEqual([{ key: "epochs", values: [20, 3] }]);
  });

  it("names pictures that came, went, were moved or changed sides", () => {
    const first = run(1, PETS, { held: "ab", right: "" });
    const other = run(
      2,
      { a: "dogs", b: "cats", c: "dogs", d: "dogs", f: "dogs", g: "cats" },
      { held: "ac", right: "" },
    );
    expect(pictureDifferences(first.frozen, other.frozen).map(({ path, what }) => [path, what])).toEqual([
      ["a", "moved"],
      ["b", "side"],
      ["c", "side"],
      ["e", "gone"],
      ["g", "added"],
    ]);
    expect(pictureDifferences(first.frozen, first.frozen)).toEqual([]);
  });

  it("counts on shared pictures alone who is right where the other is not", () => {
    const runs = [run(1, PETS, { held: "abcd", right: "ab" }), run(2, PETS, { held: "bcdf", right: "cdf" })];
    const shared = sharedPictures(runs);
    expect(shared.map(({ image }) => image.hash)).toEqual(["b", "c", "d"]);
    expect(verdicts(shared, 2)).toEqual([
      { first: 0, second: 1, firstOnly: 1, secondOnly: 2, chance: 1, couldBeChance: true },
    ]);
    const clear = [
      run(1, PETS, { held: "abcdef", right: "" }),
      run(2, PETS, { held: "abcdef", right: "abcdef" }),
    ];
    // six of six go one way: a coin does that 3 times in 100
    expect(verdicts(sharedPictures(clear), 2)).toMatchObject([
      { secondOnly: 6, chance: expect.closeTo(0.03125, 12), couldBeChance: false },
    ]);
  });

  it("takes a picture's class from the newest, and leaves out classes that not all know", () => {
    const moved = { ...PETS, a: "dogs" };
    const before = run(1, PETS, { held: "ab", right: "ab" });
    const after = run(2, moved, { held: "ab", right: "ab" });
    // the earlier run said "cats" of a: that was right then
    for (const runs of [
      [before, after],
      [after, before],
    ])
      expect(verdicts(sharedPictures(runs), 2)).toMatchObject([{ firstOnly: runs[0] === after ? 1 : 0 }]);
    const birds = run(3, { ...PETS, a: "birds" }, { held: "ab", right: "ab" });
    expect(sharedPictures([before, birds]).map(({ image }) => image.hash)).toEqual(["b"]);
  });

  it("has nothing to share with a run that has no result", () => {
    const first = run(1, PETS, { held: "ab", right: "a" });
    expect(sharedPictures([first, { ...first, result: undefined }])).toEqual([]);
  });
});
