import type { DatasetImage } from "@graft/core";
import type { RunRow } from "../ports/rows.ts";
import type { Frozen } from "./frozen.ts";
import type { Answered, RunResult } from "./result.ts";
import { signTest } from "./sign-test.ts";

/** A run with what it is compared by. */
export interface Compared {
  readonly row: RunRow;
  readonly frozen: Frozen;
  /** Undefined: it has none. */
  readonly result: RunResult | undefined;
}

/** An option that is not the same in all runs, its values in their order. */
export interface OptionDifference {
  readonly key: string;
  readonly values: readonly unknown[];
}

export function optionDifferences(runs: readonly Pick<RunRow, "config">[]): readonly OptionDifference[] {
  const [first] = runs;
  if (!first) return [];
  const keys = new Set(runs.flatMap(({ config }) => Object.keys(config)));
  return [...keys].flatMap((name) => {
    const values = runs.map(
      ({ config }) => new Map<string, unknown>(Object.entries(config)).get(name) ?? null,
    );
    return new Set(values.map((value) => JSON.stringify(value))).size > 1 ? [{ key: name, values }] : [];
  });
}

/** What is another about a picture, by hash, against the first run. */
export interface PictureDifference {
  readonly path: string;
  readonly hash: string;
  /**
   * left-out: the run did without it, and the data set has it still. gone: the data set has it no more. side: it was learned
   * from in the one and held back in the other.
   */
  readonly what: "added" | "left-out" | "gone" | "moved" | "side";
}

interface Placed {
  readonly image: DatasetImage;
  readonly label: string;
  readonly part: string;
}

function placedPictures({ dataset, split }: Frozen): ReadonlyMap<string, Placed> {
  const partOf = new Map(
    (["test", "validation", "train"] as const).flatMap((part) =>
      split[part].map((hash) => [hash, part] as const),
    ),
  );
  return new Map(
    dataset.images.toReversed().flatMap((image) => {
      const part = partOf.get(image.hash);
      const label = dataset.labels[image.label] ?? "";
      return part === undefined ? [] : [[image.hash, { image, label, part }] as const];
    }),
  );
}

/** Pictures in which a run differs from the first; "gone" whatever the run does without, which {@link keptApart} looks into. */
export function pictureDifferences(first: Frozen, other: Frozen): readonly PictureDifference[] {
  const before = placedPictures(first);
  const after = placedPictures(other);
  const gone = [...before].flatMap(([hash, { image }]): PictureDifference[] =>
    after.has(hash) ? [] : [{ hash, path: image.path, what: "gone" }],
  );
  const changed = [...after].flatMap(([hash, { image, label, part }]): PictureDifference[] => {
    const then = before.get(hash);
    const { path } = image;
    if (!then) return [{ hash, path, what: "added" }];
    if (then.label !== label) return [{ hash, path, what: "moved" }];
    return then.part === part ? [] : [{ hash, path, what: "side" }];
  });
  return [...gone, ...changed].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/** Tells those that were left out from those that were deleted. @param there the bytes of these that the data set has now */
export function keptApart(
  differences: readonly PictureDifference[],
  there: ReadonlySet<string>,
): readonly PictureDifference[] {
  return differences.map((one) =>
    one.what === "gone" && there.has(one.hash) ? { ...one, what: "left-out" } : one,
  );
}

/** A picture that all runs held back, with what each said of it. */
export interface SharedPicture {
  readonly image: DatasetImage;
  /** Its class as the newest of the runs has it: who moved a picture since knew better. */
  readonly truth: string;
  /** In the order of the runs. */
  readonly said: readonly { readonly label: string; readonly score: number; readonly isRight: boolean }[];
}

/** Pictures that all runs held back and whose class all know; none where a run has no result. */
export function sharedPictures(runs: readonly Compared[]): readonly SharedPicture[] {
  const results = runs.flatMap(({ result }) => result ?? []);
  const newest = runs.reduce<Compared | undefined>(
    (best, run) => (best && best.row.createdAt >= run.row.createdAt ? best : run),
    undefined,
  );
  if (!newest?.result || results.length < runs.length) return [];
  const byHash = results.map(({ answered }) => new Map(answered.map((one) => [one.image.hash, one])));
  const { labels } = newest.result;
  return newest.result.answered.flatMap(({ image, truth: at }): SharedPicture[] => {
    const truth = labels[at] ?? "";
    const answers = byHash.map((known) => known.get(image.hash));
    if (!results.every((result) => result.labels.includes(truth))) return [];
    const said = answers.flatMap((answer: Answered | undefined, run) => {
      if (!answer) return [];
      const label = results[run]?.labels[answer.prediction.label] ?? "";
      return [{ label, score: answer.prediction.score, isRight: label === truth }];
    });
    return said.length === runs.length ? [{ image, truth, said }] : [];
  });
}

/** Two of the runs, by their places. */
export interface PairVerdict {
  readonly first: number;
  readonly second: number;
  /** Pictures that the first alone has right, and the second alone. */
  readonly firstOnly: number;
  readonly secondOnly: number;
  /** Exact sign test. */
  readonly chance: number;
  /** From 5 in 100 on. */
  readonly couldBeChance: boolean;
}

export const COULD_BE_CHANCE = 0.05;

export function verdicts(shared: readonly SharedPicture[], numRuns: number): readonly PairVerdict[] {
  const count = (right: number, wrong: number): number =>
    shared.filter(({ said }) => said[right]?.isRight && said[wrong]?.isRight === false).length;
  const places = Array.from({ length: numRuns }, (_, run) => run);
  return places.flatMap((first) =>
    places.slice(first + 1).map((second) => {
      const firstOnly = count(first, second);
      const secondOnly = count(second, first);
      const chance = signTest(firstOnly, secondOnly);
      return { first, second, firstOnly, secondOnly, chance, couldBeChance: chance >= COULD_BE_CHANCE };
    }),
  );
}
