import type { FoundRate, TrainConfig } from "@graft/core";
import { nextCommand } from "../../environment/self-command.ts";
import { RATE_KEYS, wordsOfConfig } from "../../options/train-flags.ts";
import { print, printJson } from "../../output/stdout.ts";
import { rateText } from "../../output/sweep-text.ts";
import type { CommandContext } from "../../session/context.ts";

/** The end of `graft lr-find`: the curve, and the command that trains with the rate. */
export function tellRate(
  { environment, json }: CommandContext,
  told: { readonly dataset: string; readonly config: TrainConfig; readonly found: FoundRate },
): void {
  const { dataset, config, found } = told;
  if (json) {
    printJson(found);
    return;
  }
  const others = wordsOfConfig(
    config,
    RATE_KEYS.filter((key) => key !== "recipe"),
  );
  const words = [
    ...["train", dataset, "--recipe", config.recipe, "--learning-rate", String(found.learningRate)],
    ...others,
  ];
  print(`${rateText(found, environment.columns)}\n\nTrain with it: ${nextCommand(environment, words)}`);
}
