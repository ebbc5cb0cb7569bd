import { findLearningRateJob } from "@graft/core";
import { makeHome } from "../../environment/make-home.ts";
import { configFromFlags } from "../../options/train-flags.ts";
import { checkTypedDataset } from "../../options/typed-dataset.ts";
import { searchProgress } from "../../progress/search-progress.ts";
import type { CommandContext, Flags } from "../../session/context.ts";
import { Session } from "../../session/session.ts";
import { tellRate } from "./tell-rate.ts";

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
  const tell = searchProgress(session);
  const found = await findLearningRateJob(session.workspace, {
    ...{ dataset, config },
    onDataset: (opened) => {
      session.clear();
      session.tellNotes(opened, dataset);
    },
    onProgress: (done, total) => tell({ phase: "features", done, total }),
    onTesting: () => tell({ phase: "testing", done: 0, total: 1 }),
  });
  tellRate(context, { dataset, config, found });
}
