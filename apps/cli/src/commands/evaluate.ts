import { type EvaluationResult, evaluateModel } from "@graft/core";
import { readModelFolder } from "@graft/core/node";
import { type EvaluationImages, evaluationImages } from "../evaluation-images.ts";
import { resolveModel } from "../model-path.ts";
import { evaluationText, mistakesText } from "../output/evaluation-text.ts";
import { imageProgress } from "../output/image-progress.ts";
import { mistakesOf } from "../output/mistakes.ts";
import { print, printJson } from "../output/stdout.ts";
import type { CommandContext, Flags } from "../program.ts";
import { Session } from "../session.ts";
import { storedSplit } from "../stored-split.ts";

/** `graft evaluate MODEL DATASET`: scores of each class, who is taken for whom, the surest mistakes. */
export async function evaluate(
  context: CommandContext,
  flags: Flags,
  modelName: string,
  datasetName: string,
): Promise<void> {
  const folder = resolveModel(modelName, context.environment.home);
  await using session = new Session(context);
  const model = await readModelFolder(folder);
  const { dataset, source } = await session.dataset(datasetName);
  session.warnOfBroken(dataset, datasetName);
  const split = await storedSplit(context.environment.home, model.manifest);
  const chosen = evaluationImages(dataset, split, partOf(flags.split));
  const { backend } = await session.backend(flags.backend);
  const progress = imageProgress("Evaluating", (line) => session.status(line));
  const result = await evaluateModel({
    model,
    backend,
    images: chosen.images,
    labels: dataset.labels,
    prepare: session.prepareFrom(source),
    decodeAhead: session.decodeAhead,
    signal: session.signal,
    onProgress: ({ done, total }) => progress(done, total),
  });
  session.status("");
  for (const line of notes(result, chosen)) session.notice(line);
  const labels = { ofDataset: dataset.labels, ofModel: model.manifest.labels };
  const mistakes = mistakesOf(result.predictions, labels);
  if (context.json) {
    const seen = result.seenInTraining.map(({ path }) => path);
    printJson({ ...result.evaluation, part: chosen.part, seenInTraining: seen.length, seen, mistakes });
  } else {
    print(
      [evaluationText(result.evaluation), mistakesText(mistakes)].filter((text) => text !== "").join("\n\n"),
    );
  }
}

function partOf(flag: unknown): Parameters<typeof evaluationImages>[2] {
  return (["train", "validation", "test", "all"] as const).find((part) => part === flag);
}

function notes(result: EvaluationResult, { description, images }: EvaluationImages): string[] {
  const lines = [`Evaluating on ${description}.`];
  for (const { image, error } of result.broken) lines.push(`Left out: ${image.path}: ${error.message}`);
  const seen = result.seenInTraining;
  if (seen.length === 0) return lines;
  const names = seen.slice(0, 3).map(({ path }) => path);
  const more = seen.length > names.length ? ` and ${seen.length - names.length} more` : "";
  lines.push(
    `Note: ${seen.length} of ${images.length} images were seen in training, so the score flatters the model: ${names.join(", ")}${more}`,
  );
  return lines;
}
