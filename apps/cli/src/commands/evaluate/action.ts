import { resolve } from "node:path";
import {
  checkSplitGap,
  type EvaluationResult,
  evaluateModel,
  measureSplitGap,
  nameFew,
  openFeaturePredictor,
  type SplitGap,
  type SplitGapOptions,
  visibleText,
} from "@graft/core";
import { type RunFolder, readModelFolder, resolveModelFolder } from "@graft/core/node";
import { findingsOf } from "../../evaluation/evaluation-findings.ts";
import { type EvaluationImages, evaluationImages } from "../../evaluation/evaluation-images.ts";
import { evaluationReport } from "../../evaluation/evaluation-report.ts";
import { trainingImages } from "../../images/training-images.ts";
import { modelRun } from "../../model/model-run.ts";
import { checkTypedDataset } from "../../options/typed-dataset.ts";
import { evaluationJson } from "../../output/evaluation-json.ts";
import { evaluationText, mistakesText } from "../../output/evaluation-text.ts";
import { findingsText, splitGapText, trustText } from "../../output/findings-text.ts";
import { mistakesOf } from "../../output/mistakes.ts";
import { print, printJson } from "../../output/stdout.ts";
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
  const { home } = context.environment;
  const report = typeof flags.report === "string" ? flags.report : undefined;
  if (report !== undefined) await checkOutFile(report, flags.force === true, "--report");
  checkTypedDataset(datasetName);
  const folder = resolveModelFolder(modelName, home);
  await using session = new Session(context);
  const model = await readModelFolder(folder);
  if (flags.splitGap === true) checkSplitGap(model);
  const run = await modelRun(home, model.manifest);
  const opened = await session.dataset(datasetName, {
    purpose: "score",
    knownLabels: model.manifest.labels,
    labelsFrom: labelsFromOf(flags, session.workspace.locate(datasetName).location, run),
  });
  const { dataset, prepare } = opened;
  session.tellNotes(dataset, datasetName);
  const chosen = evaluationImages(dataset, run?.split, partOf(flags.split));
  const selected = await session.backend(flags.backend);
  // a model that has learned its likeness needs no image of its training for it
  const training = model.manifest.likeness
    ? undefined
    : await trainingImages(session, { model, backend: selected.backend, opened, run });
  const progress = imageProgress("Evaluating", (line) => session.status(line));
  using predictor = await openFeaturePredictor(model, selected.backend);
  const result = await evaluateModel({
    ...{ model, prepare, predictor },
    backend: selected.backend,
    images: chosen.images,
    labels: dataset.labels,
    source: datasetName,
    ...(training && "images" in training ? { training } : {}),
    ...(typeof flags.precisionTarget === "number" ? { precisionTarget: flags.precisionTarget } : {}),
    decodeAhead: session.decodeAhead,
    signal: session.signal,
    onProgress: ({ done, total }) => progress(done, total),
  });
  const findings = findingsOf(result, model.manifest.labels, { dataset, chosen });
  const remarks = notes(result, chosen);
  const unlikeReason = training && "reason" in training ? training.reason : undefined;
  const gap = await splitGapOf(session, flags, { model, dataset, prepare, backend: selected.backend });
  if (report !== undefined) {
    session.status("Writing the report");
    const page = await evaluationReport({
      ...{ model, modelName, datasetName, description: chosen.description, notes: remarks.slice(1) },
      ...{ result, findings, unlikeReason, run, selected, predictor, prepare, home, signal: session.signal },
      ...gap,
    });
    await placeFile(report, (file) => file.writeFile(page), "--report");
  }
  session.status("");
  for (const line of remarks) session.notice(line);
  const mistakes = mistakesOf(result.predictions, {
    ofDataset: dataset.labels,
    ofModel: model.manifest.labels,
  });
  if (context.json) {
    const seen = result.seenInTraining.map(({ path }) => path);
    const all = evaluationJson(result, findings, unlikeReason);
    const where = report === undefined ? {} : { report: resolve(report) };
    printJson({ ...all, ...gap, part: chosen.part, seenInTraining: seen.length, seen, mistakes, ...where });
  } else {
    const texts = [
      ...[evaluationText(result.evaluation), trustText(result.assessment), mistakesText(mistakes)],
      ...[findingsText(findings, result.distances), splitGapText(gap.splitGap)],
      report === undefined ? "" : `Report: ${report}`,
    ];
    print(texts.filter((text) => text !== "").join("\n\n"));
  }
}

/** Where the labels are: as it was typed, else as the training was told, when it is the same data set. */
function labelsFromOf(
  { labelsFrom }: Flags,
  location: string,
  run: RunFolder | undefined,
): string | undefined {
  if (typeof labelsFrom === "string") return labelsFrom;
  return run?.record.dataset?.location === location ? run.record.config.labelsFrom : undefined;
}

/** With --split-gap what it asks for. */
async function splitGapOf(
  session: Session,
  { splitGap }: Flags,
  options: Pick<SplitGapOptions, "model" | "dataset" | "prepare" | "backend">,
): Promise<{ readonly splitGap?: SplitGap }> {
  if (splitGap !== true) return {};
  const measured = await measureSplitGap({
    ...{ ...options, store: await session.workspace.features() },
    ...{ decodeAhead: session.decodeAhead, signal: session.signal },
    onProgress: ({ done, total }) => session.status(`Training on another split  ${done + 1}/${total}`),
  });
  return { splitGap: measured };
}

function partOf(flag: unknown): Parameters<typeof evaluationImages>[2] {
  return (["train", "validation", "test", "all"] as const).find((part) => part === flag);
}

function notes(result: EvaluationResult, { description, images }: EvaluationImages): string[] {
  const lines = [`Evaluating on ${description}.`];
  const [first] = result.broken;
  if (first) {
    const names = nameFew(result.broken.map(({ image }) => image.path));
    lines.push(
      `Left out, as no longer usable: ${names} (${visibleText(first.image.path)}: ${first.error.message})`,
    );
  }
  const seen = result.seenInTraining;
  if (seen.length === 0) return lines;
  const names = seen.slice(0, 3).map(({ path }) => path);
  const more = seen.length > names.length ? ` and ${seen.length - names.length} more` : "";
  lines.push(
    `Note: ${seen.length} of ${images.length} images were seen in training, so the score flatters the model: ${names.join(", ")}${more}`,
  );
  return lines;
}
