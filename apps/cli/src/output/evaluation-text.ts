import type { Evaluation, Mistake } from "@graft/core";
import { confusionTable, percent, table } from "./text.ts";

const share = (value: number | null): string => (value === null ? "-" : percent(value));

/** Accuracy, one line a class, who is taken for whom. */
export function evaluationText(evaluation: Evaluation): string {
  const { images, accuracy, loss, macroF1, perClass, confusion } = evaluation;
  const rows = perClass.map((score) => [
    score.label,
    String(score.images),
    share(score.precision),
    share(score.recall),
    share(score.f1),
  ]);
  return [
    `accuracy ${percent(accuracy)} of ${images === 1 ? "1 image" : `${images} images`}, loss ${loss.toFixed(4)}, mean F1 ${percent(macroF1)}`,
    table([["class", "images", "precision", "recall", "F1"], ...rows], { names: 1 }),
    confusionTable(
      perClass.map(({ label }) => label),
      confusion,
    ),
  ].join("\n\n");
}

/** The surest mistakes first; "" when there is none. */
export function mistakesText(mistakes: readonly Mistake[]): string {
  if (mistakes.length === 0) return "";
  const rows = mistakes.map(({ path, truth, said, score }) => [path, truth, said, percent(score)]);
  return `Worst mistakes:\n${table([["image", "is", "said to be", "sure"], ...rows])}`;
}
