import { sweepHeadsJob } from "@graft/core";
import { makeHome } from "../../environment/make-home.ts";
import { configFromFlags } from "../../options/train-flags.ts";
import { checkTypedDataset } from "../../options/typed-dataset.ts";
import { searchProgress } from "../../progress/search-progress.ts";
import type { CommandContext, Flags } from "../../session/context.ts";
import { Session } from "../../session/session.ts";
import { sweepAxes } from "./sweep-axes.ts";
import { tellSweep } from "./tell-sweep.ts";

/** `graft sweep DATASET`: heads over cuts, sizes, learning rates and seeds from one pass of the trunk; a table and a choice. */
export async function sweep(context: CommandContext, flags: Flags, dataset: string): Promise<void> {
  const axes = sweepAxes(flags, configFromFlags({ ...flags, recipe: "gap" }).seed);
  await using session = new Session(context);
  await makeHome(context.environment.home);
  checkTypedDataset(dataset);
  const result = await sweepHeadsJob(session.workspace, {
    ...{ dataset, axes, onProgress: searchProgress(session) },
    configOf: (recipe) => configFromFlags({ ...flags, recipe }),
    onDataset: (opened) => {
      session.clear();
      session.tellNotes(opened, dataset);
    },
  });
  session.status("");
  tellSweep(context, flags, { dataset, result, seeds: axes.seeds.length });
}
