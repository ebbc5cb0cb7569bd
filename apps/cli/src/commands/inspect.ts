import { describeDataset, drawSplit } from "@graft/core";
import { datasetText } from "../output/dataset-text.ts";
import { print, printJson } from "../output/stdout.ts";
import type { CommandContext, Flags } from "../program.ts";
import { Session } from "../session.ts";
import { configFromFlags } from "../train-flags.ts";

/** `graft inspect DATASET`: what a training would be given, and everything about it that a person should know first. */
export async function inspect(context: CommandContext, flags: Flags, name: string): Promise<void> {
  const { seed, valSplit, groupPrefix } = configFromFlags(flags);
  await using session = new Session(context);
  const { dataset } = await session.dataset(name, { groupPrefix });
  const report = describeDataset(dataset, drawSplit(dataset, { seed, fraction: valSplit }));
  if (context.json) printJson(report);
  else print(datasetText(report));
}
