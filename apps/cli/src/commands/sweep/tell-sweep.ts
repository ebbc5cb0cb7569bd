import type { SweepResult } from "@graft/core";
import { nextCommand } from "../../environment/self-command.ts";
import { configFromFlags, SWEEP_KEYS, wordsOfConfig } from "../../options/train-flags.ts";
import { print, printJson } from "../../output/stdout.ts";
import { sweepText } from "../../output/sweep-text.ts";
import type { CommandContext, Flags } from "../../session/context.ts";

/** The end of `graft sweep`: the table, and the command that trains the recommended head. */
export function tellSweep(
  { environment, json }: CommandContext,
  flags: Flags,
  told: { readonly dataset: string; readonly result: SweepResult; readonly seeds: number },
): void {
  const { dataset, result, seeds } = told;
  if (json) {
    printJson(result);
    return;
  }
  const { recipe, size, cut, learningRate } = result.recommended;
  const words = ["train", dataset, "--recipe", recipe, "--size", String(size), "--cut", cut];
  const others = wordsOfConfig(configFromFlags({ ...flags, recipe }), SWEEP_KEYS);
  const plain = recipe === "classic" ? ["--no-augment"] : [];
  const command = nextCommand(environment, [
    ...[...words, ...plain, "--learning-rate", String(learningRate), ...others],
  ]);
  print(`${sweepText(result, seeds)}\n\nTrain it with: ${command}`);
}
