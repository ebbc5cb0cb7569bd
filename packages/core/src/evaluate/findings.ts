import { findDuplicates } from "../dataset/duplicates.ts";
import type { Dataset, DatasetImage, Part } from "../dataset/types.ts";
import { worstMistakes } from "../metrics/mistakes.ts";
import type { EvaluationResult } from "./evaluate.ts";
import type { EvaluationImages } from "./evaluation-images.ts";

/** An image that the model, or its label, got wrong, in the model's words. */
export interface FoundAnswer {
  readonly image: DatasetImage;
  /** Its place among the predictions. */
  readonly position: number;
  readonly truth: string;
  readonly said: string;
  /** Probability of what was said. */
  readonly score: number;
}

export interface FoundDuplicates {
  readonly by: "content" | "look";
  /** They are in more than one part of the split. */
  readonly across: boolean;
  readonly images: readonly { readonly image: DatasetImage; readonly label: string; readonly part?: Part }[];
}

export interface FoundUnlike {
  readonly image: DatasetImage;
  readonly position: number;
  readonly said: string;
  readonly distance: number;
}

/** What an evaluation found that is to be looked at, image by image, the most telling first. */
export interface Findings {
  readonly mistakes: readonly FoundAnswer[];
  readonly labelErrors: readonly FoundAnswer[];
  /** Groups that lie across parts first. */
  readonly nearDuplicates: readonly FoundDuplicates[];
  /** Undefined when there was nothing to compare with. */
  readonly unlike: readonly FoundUnlike[] | undefined;
}

function duplicatesOf(dataset: Dataset, { partOf }: EvaluationImages): FoundDuplicates[] {
  const groups = findDuplicates(dataset).map(({ by, images }) => {
    const members = images.map((image) => {
      const part = partOf.get(image);
      return { image, label: dataset.labels[image.label] ?? "", ...(part === undefined ? {} : { part }) };
    });
    const parts = new Set(members.flatMap(({ part }) => part ?? []));
    return { by, across: parts.size > 1, images: members };
  });
  return groups.sort((a, b) => Number(b.across) - Number(a.across));
}

/** @param labels the model's. */
export function findingsOf(
  result: EvaluationResult,
  labels: readonly string[],
  { dataset, chosen }: { readonly dataset: Dataset; readonly chosen: EvaluationImages },
): Findings {
  const { predictions, truth, assessment, distances } = result;
  const answerAt = (position: number, said?: number): FoundAnswer[] => {
    const found = predictions[position];
    if (!found) return [];
    const label = said ?? found.prediction.label;
    const score = found.prediction.probabilities[label] ?? 0;
    const words = { truth: labels[truth[position] ?? -1] ?? "", said: labels[label] ?? "" };
    return [{ image: found.image, position, ...words, score }];
  };
  const answers = predictions.map(({ prediction }) => prediction);
  return {
    mistakes: worstMistakes(truth, answers, answers.length).flatMap((position) => answerAt(position)),
    labelErrors: assessment.labelErrors.flatMap(({ position, suggested }) => answerAt(position, suggested)),
    nearDuplicates: duplicatesOf(dataset, chosen),
    unlike: distances && unlikeOf(result, distances, labels),
  };
}

function unlikeOf(
  { predictions }: EvaluationResult,
  { threshold, distances }: NonNullable<EvaluationResult["distances"]>,
  labels: readonly string[],
): FoundUnlike[] {
  const found = predictions.flatMap(({ image, prediction }, position) => {
    const distance = distances[position] ?? 0;
    return distance > threshold ? [{ image, position, said: labels[prediction.label] ?? "", distance }] : [];
  });
  return found.sort((a, b) => b.distance - a.distance);
}
