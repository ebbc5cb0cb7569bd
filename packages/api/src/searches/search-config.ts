import { CoreError, type CutLayer, parseTrainConfig, type TrainConfig } from "@graft/core";
import type { SplitRule } from "../ports/rows.ts";
import type { SearchRow } from "../ports/search-rows.ts";
import { trainableConfig } from "../runs/trainable-config.ts";

type Options = Readonly<Record<string, unknown>>;

/** What a sweep goes over; a value that is named twice counts once. */
export interface SweepAsked {
  readonly recipes: readonly TrainConfig["recipe"][];
  readonly sizes: readonly number[];
  readonly cuts: readonly CutLayer[];
  readonly learningRates: readonly number[];
  /** Trainings of each combination. */
  readonly seeds: number;
}

/** What a search is kept as. */
export type Searched = Pick<SearchRow, "config" | "axes" | "pool">;

/** More than that take hours, and a table of them is read by nobody. */
const MOST_HEADS = 1000;

/** Options that a sweep's axes have, or that it leaves out. */
const NOT_OF_SWEEPS = ["recipe", "size", "cut", "learningRate", "augment", "fineTune"] as const;

/** All that features depend on. */
const OF_FEATURES = [
  ...(["weights", "inputRange", "cut", "size", "fit", "resize", "cacheType", "backend"] as const),
] as const;

const once = <T>(values: readonly T[]): T[] => [...new Set(values)];

/**
 * A sweep as its worker gets it: every combination is looked at before any is trained.
 * @throws CoreError `bad-input` with the options that are wrong, `limit` for too many heads.
 */
export function sweepAsked(given: Options, asked: SweepAsked, split: SplitRule): Searched {
  const named = NOT_OF_SWEEPS.filter((key) => given[key] !== undefined);
  if (named.length > 0)
    throw new CoreError("bad-input", {
      what: "A sweep has these options of its axes, or goes without them.",
      received: named.map((key) => `\`${key}\``).join(", "),
      fix: "Leave them out of `config`.",
    });
  const [recipes, sizes, cuts] = [once(asked.recipes), once(asked.sizes), once(asked.cuts)];
  const learningRates = once(asked.learningRates);
  const rows = recipes.length * sizes.length * cuts.length * learningRates.length;
  if (rows * asked.seeds > MOST_HEADS)
    throw new CoreError("limit", {
      what: "These are too many heads for one sweep.",
      received: `${rows} combinations with ${asked.seeds} seeds each`,
      expected: `at most ${MOST_HEADS} heads`,
      fix: "Ask for fewer cuts, sizes, rates or seeds.",
    });
  const configs = recipes.map((recipe) => trainableConfig({ ...given, recipe }, split));
  for (const config of configs)
    for (const size of sizes)
      for (const cut of cuts)
        for (const learningRate of learningRates)
          parseTrainConfig({ ...config, augment: null, fineTune: null, size, cut, learningRate });
  const [{ seed } = { seed: 0 }] = configs;
  const seeds = Array.from({ length: asked.seeds }, (_, at) => seed + at);
  return {
    config: { valSplit: split.fraction, groupPrefix: split.groupPrefix, ...given },
    axes: { recipes, sizes, cuts, learningRates, seeds },
    pool: null,
  };
}

/** A test of learning rates as its worker gets it. @throws CoreError `bad-input` with the options that are wrong. */
export function rateAsked(given: Options, split: SplitRule): Searched {
  return { config: trainableConfig(given, split), axes: null, pool: null };
}

/**
 * Features as their worker gets them.
 * @throws CoreError `bad-input` with the options that are wrong, and with those that features do not depend on.
 */
export function featuresAsked(given: Options, pool: "avg" | "none", split: SplitRule): Searched {
  const others = Object.keys(given).filter((key) => !OF_FEATURES.some((each) => each === key));
  if (others.length > 0)
    throw new CoreError("bad-input", {
      what: "Features do not depend on these options.",
      received: others.map((key) => `\`${key}\``).join(", "),
      expected: OF_FEATURES.map((key) => `\`${key}\``).join(", "),
      fix: "Leave them out of `config`.",
    });
  const config = trainableConfig(given, split);
  const kept = OF_FEATURES.map((key) => [key, config[key]]).filter(([, value]) => value !== undefined);
  return { config: Object.fromEntries(kept), axes: null, pool };
}

/**
 * The options of a training with what a search found.
 * @param row place of a line of a sweep. @default the recommended one
 * @throws CoreError `conflict` for a search without a result, `not-found` for a line that there is not.
 */
export function foundConfig({ config, result, state }: SearchRow, row: number | undefined): Options {
  if (!result || result.kind === "features")
    throw new CoreError("conflict", {
      what: "This search has found nothing to train with.",
      received: result ? "features" : state,
      expected: "a sweep or a test of learning rates that is completed",
    });
  // the split is the data set's of now
  const { valSplit: _, groupPrefix: __, ...kept } = config;
  if (result.kind === "find-rate") return { ...kept, learningRate: result.rate.learningRate };
  const { rows, recommended } = result.sweep;
  const found = rows[row ?? recommended];
  if (!found)
    throw new CoreError("not-found", {
      what: "The sweep has no such line.",
      received: String(row),
      expected: `from 0 to ${rows.length - 1}`,
    });
  const { recipe, size, cut, learningRate } = found;
  // the classic recipe augments, which heads of a sweep did not
  return { ...kept, recipe, size, cut, learningRate, ...(recipe === "classic" ? { augment: null } : {}) };
}
