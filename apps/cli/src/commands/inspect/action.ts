import {
  CoreError,
  type Dataset,
  describeDataset,
  drawSplit,
  readingOf,
  type Split,
  type TrainConfig,
} from "@graft/core";
import { configFromFlags } from "../../options/train-flags.ts";
import { checkTypedDataset } from "../../options/typed-dataset.ts";
import { datasetText } from "../../output/dataset-text.ts";
import { print, printJson } from "../../output/stdout.ts";
import type { CommandContext, Flags } from "../../session/context.ts";
import { Session } from "../../session/session.ts";

/**
 * `graft inspect DATASET`: what a training would be given, and everything about it that a person should know first.
 * What a training would refuse is reported all the same, and refused after that.
 */
export async function inspect(context: CommandContext, flags: Flags, name: string): Promise<void> {
  checkTypedDataset(name);
  const config = configFromFlags(flags);
  await using session = new Session(context);
  const { dataset } = await session.dataset(name, readingOf(config));
  const split = splitOrRefusal(dataset, config);
  const report = describeDataset(dataset, split instanceof CoreError ? null : split);
  if (context.json) printJson(report);
  else print(datasetText(report));
  if (split instanceof CoreError) throw split;
}

function splitOrRefusal(dataset: Dataset, { seed, valSplit }: TrainConfig): Split | CoreError {
  try {
    return drawSplit(dataset, { seed, fraction: valSplit });
  } catch (error) {
    if (error instanceof CoreError && error.code === "bad-input") return error;
    throw error;
  }
}
