import {
  CUT_LAYERS,
  type CutLayer,
  type SweepAxes,
  type SweepProgress,
  sweepHeadsJob,
  type TrainConfig,
} from "@graft/core";
import { makeHome } from "../../environment/make-home.ts";
import { nextCommand } from "../../environment/self-command.ts";
import { UsageError } from "../../exit/exit-codes.ts";
import { configFromFlags, SWEEP_KEYS, wordsOfConfig } from "../../options/train-flags.ts";
import { checkTypedDataset } from "../../options/typed-dataset.ts";
import { print, printJson } from "../../output/stdout.ts";
import { sweepText } from "../../output/sweep-text.ts";
import { imageProgress } from "../../progress/image-progress.ts";
import type { CommandContext, Flags } from "../../session/context.ts";
import { Session } from "../../session/session.ts";

const RECIPES: readonly TrainConfig["recipe"][] = ["gap", "classic"];

/** `graft sweep DATASET`: heads over cuts, sizes, learning rates and seeds from one pass of the trunk; a table and a choice. */
export async function sweep(context: CommandContext, flags: Flags, dataset: string): Promise<void> {
  const configOf = (recipe: TrainConfig["recipe"]): TrainConfig => configFromFlags({ ...flags, recipe });
  const axes = axesOf(flags, configOf("gap").seed);
  await using session = new Session(context);
  await makeHome(context.environment.home);
  checkTypedDataset(dataset);
  const result = await sweepHeadsJob(session.workspace, {
    ...{ dataset, configOf, axes, onProgress: progressLine(session) },
    onDataset: (opened) => {
      session.clear();
      session.tellNotes(opened, dataset);
    },
  });
  session.status("");
  if (context.json) {
    printJson(result);
    return;
  }
  const { recipe, size, cut, learningRate } = result.recommended;
  const words = ["train", dataset, "--recipe", recipe, "--size", String(size), "--cut", cut];
  const others = wordsOfConfig(configOf(recipe), SWEEP_KEYS);
  const plain = recipe === "classic" ? ["--no-augment"] : [];
  const command = nextCommand(context.environment, [
    ...[...words, ...plain, "--learning-rate", String(learningRate), ...others],
  ]);
  print(`${sweepText(result, axes.seeds.length)}\n\nTrain it with: ${command}`);
}

const PHASES: Readonly<Record<SweepProgress["phase"], string>> = {
  features: "Computing features",
  heads: "Training heads",
};

function progressLine(session: Session): (progress: SweepProgress) => void {
  const lines = Object.fromEntries(
    Object.entries(PHASES).map(([phase, words]) => [
      phase,
      imageProgress(words, (line) => session.status(line), phase === "heads" ? "heads" : "images"),
    ]),
  );
  return ({ phase, done, total }) => lines[phase]?.(done, total);
}

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

/** @throws UsageError that names the flag. */
function axesOf(flags: Flags, firstSeed: number): SweepAxes {
  const [count = 1] = numbersOf(flags.seeds, "--seeds", { min: 1, max: 100, whole: true });
  return {
    recipes: choicesOf(flags.recipes, "--recipes", RECIPES),
    sizes: numbersOf(flags.sizes, "--sizes", { min: 75, max: 2048, whole: true }),
    cuts: choicesOf<CutLayer>(flags.cuts, "--cuts", CUT_LAYERS),
    learningRates: numbersOf(flags.learningRates, "--learning-rates", { min: 1e-9, max: 10, whole: false }),
    seeds: Array.from({ length: count }, (_, at) => firstSeed + at),
  };
}
