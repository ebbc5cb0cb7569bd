import { findLearningRateJob } from "@graft/core";
import { makeHome } from "../../environment/make-home.ts";
import { nextCommand } from "../../environment/self-command.ts";
import { configFromFlags, RATE_KEYS, wordsOfConfig } from "../../options/train-flags.ts";
import { checkTypedDataset } from "../../options/typed-dataset.ts";
import { print, printJson } from "../../output/stdout.ts";
import { rateText } from "../../output/sweep-text.ts";
import { imageProgress } from "../../progress/image-progress.ts";
import type { CommandContext, Flags } from "../../session/context.ts";
import { Session } from "../../session/session.ts";

/** `graft lr-find DATASET`: the loss over growing learning rates, and where it falls fastest. */
export async function findLearningRate(
  context: CommandContext,
  flags: Flags,
  dataset: string,
): Promise<void> {
  const config = configFromFlags(flags);
  await using session = new Session(context);
  await makeHome(context.environment.home);
  checkTypedDataset(dataset);
  const found = await findLearningRateJob(session.workspace, {
    ...{ dataset, config },
    onDataset: (opened) => {
      session.clear();
      session.tellNotes(opened, dataset);
    },
    onProgress: imageProgress("Computing features", (line) => session.status(line)),
    onTesting: () => session.status(""),
  });
  if (context.json) {
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
  print(
    `${rateText(found, context.environment.columns)}\n\nTrain with it: ${nextCommand(context.environment, words)}`,
  );
}
