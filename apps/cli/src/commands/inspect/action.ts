import { inspectDatasetJob } from "@graft/core";
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
export async function inspect(context: CommandContext, flags: Flags, dataset: string): Promise<void> {
  checkTypedDataset(dataset);
  const config = configFromFlags(flags);
  await using session = new Session(context);
  const { report, refusal } = await inspectDatasetJob(session.workspace, { dataset, config });
  session.clear();
  if (context.json) printJson(report);
  else print(datasetText(report));
  if (refusal) throw refusal;
}
