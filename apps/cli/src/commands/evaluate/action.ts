import { basename } from "node:path";
import { type EvaluateJobOptions, evaluateJob, reportJob, toldEvaluation } from "@graft/core";
import { checkTypedDataset } from "../../options/typed-dataset.ts";
import { printEvaluation } from "../../output/print-evaluation.ts";
import { checkOutFile, placeFile } from "../../places/out-path.ts";
import { imageProgress } from "../../progress/image-progress.ts";
import type { CommandContext, Flags } from "../../session/context.ts";
import { Session } from "../../session/session.ts";

/**
 * `graft evaluate MODEL DATASET`: scores of each class, who is taken for whom, how far the answers can be trusted, and what is
 * to be looked at; all of it on a page of its own with --report.
 */
export async function evaluate(
  context: CommandContext,
  flags: Flags,
  modelName: string,
  datasetName: string,
): Promise<void> {
  const report = typeof flags.report === "string" ? flags.report : undefined;
  if (report !== undefined) await checkOutFile(report, flags.force === true, "--report");
  checkTypedDataset(datasetName);
  await using session = new Session(context);
  const model = await session.workspace.openModel(modelName);
  const progress = imageProgress("Evaluating", (line) => session.status(line));
  using evaluated = await evaluateJob(session.workspace, {
    ...{ model, dataset: datasetName, part: partOf(flags.split), splitGap: flags.splitGap === true },
    labelsFrom: typeof flags.labelsFrom === "string" ? flags.labelsFrom : undefined,
    backend: typeof flags.backend === "string" ? flags.backend : undefined,
    precisionTarget: typeof flags.precisionTarget === "number" ? flags.precisionTarget : undefined,
    onDataset: (dataset) => {
      session.clear();
      session.tellNotes(dataset, datasetName);
    },
    onProgress: ({ phase, done, total }) =>
      phase === "images"
        ? progress(done, total)
        : session.status(`Training on another split  ${done + 1}/${total}`),
  });
  if (report !== undefined) {
    session.status("Writing the report");
    const title = basename(modelName) || modelName;
    const page = await reportJob(session.workspace, { model, title, dataset: datasetName, evaluated });
    await placeFile(report, (file) => file.writeFile(page), "--report");
  }
  session.status("");
  for (const { message } of evaluated.notes) session.notice(message);
  printEvaluation(context, toldEvaluation(evaluated), report);
}

function partOf(flag: unknown): EvaluateJobOptions["part"] {
  return (["train", "validation", "test", "all"] as const).find((part) => part === flag);
}
