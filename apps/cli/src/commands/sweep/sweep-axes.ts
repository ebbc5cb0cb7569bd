import { CUT_LAYERS, type CutLayer, type SweepAxes, type TrainConfig } from "@graft/core";
import { UsageError } from "../../exit/exit-codes.ts";
import type { Flags } from "../../session/context.ts";

const RECIPES: readonly TrainConfig["recipe"][] = ["gap", "classic"];

/** "mixed4,mixed7" → its words, each once. */
const wordsOf = (flag: unknown): string[] => [
  ...new Set(
    String(flag)
      .split(",")
      .map((word) => word.trim()),
  ),
];

function numbersOf(
  flag: unknown,
  name: string,
  { min, max, whole }: { min: number; max: number; whole: boolean },
): number[] {
  return wordsOf(flag).map((word) => {
    const value = Number(word);
    if (word !== "" && value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
    throw new UsageError(
      `${name}: expected ${whole ? "whole numbers" : "numbers"} from ${min} to ${max}, separated by commas. Received: ${String(flag)}.`,
    );
  });
}

function choicesOf<T extends string>(flag: unknown, name: string, known: readonly T[]): T[] {
  return wordsOf(flag).map((word) => {
    const choice = known.find((one) => one === word);
    if (choice) return choice;
    throw new UsageError(
      `${name}: expected names from ${known.join(", ")}, separated by commas. Received: ${String(flag)}.`,
    );
  });
}

/** What a sweep goes over, from its flags. @throws UsageError that names the flag. */
export function sweepAxes(flags: Flags, firstSeed: number): SweepAxes {
  const [count = 1] = numbersOf(flags.seeds, "--seeds", { min: 1, max: 100, whole: true });
  return {
    recipes: choicesOf(flags.recipes, "--recipes", RECIPES),
    sizes: numbersOf(flags.sizes, "--sizes", { min: 75, max: 2048, whole: true }),
    cuts: choicesOf<CutLayer>(flags.cuts, "--cuts", CUT_LAYERS),
    learningRates: numbersOf(flags.learningRates, "--learning-rates", { min: 1e-9, max: 10, whole: false }),
    seeds: Array.from({ length: count }, (_, at) => firstSeed + at),
  };
}
