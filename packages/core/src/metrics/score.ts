import { CoreError } from "../errors.ts";
import type { ClassScore, Evaluation, Prediction } from "./types.ts";

/** Keras's epsilon: probabilities are kept this far from 0 and 1 before their logarithm (keras/src/backend/config.py). */
const EPSILON = 1e-7;

/** −ln of the probability given to the right class, in nats. */
function crossEntropy(probability: number): number {
  return -Math.log(Math.min(Math.max(probability, EPSILON), 1 - EPSILON));
}

/** [true label][label said], counts. */
function confusionOf(
  numClasses: number,
  truth: readonly number[],
  predictions: readonly Prediction[],
): number[][] {
  const confusion = Array.from({ length: numClasses }, () => new Array<number>(numClasses).fill(0));
  for (const [i, prediction] of predictions.entries()) {
    const row = confusion[truth[i] ?? -1];
    const count = row?.[prediction.label];
    if (row === undefined || count === undefined) {
      throw new CoreError("bad-input", {
        what: `The label of image ${i} is not one of the model's.`,
        received: `true label ${truth[i]}, label said ${prediction.label}`,
        expected: `0 to ${numClasses - 1}`,
      });
    }
    row[prediction.label] = count + 1;
  }
  return confusion;
}

/**
 * F1 is 2·TP / (2·TP + FP + FN), as scikit-learn has it: 0, not undefined, for a class that is never said, so that a
 * class that fails altogether lowers the mean.
 */
function classScore(confusion: readonly (readonly number[])[], label: number): Omit<ClassScore, "label"> {
  const row = confusion[label] ?? [];
  const images = row.reduce((sum, count) => sum + count, 0);
  const said = confusion.reduce((sum, counts) => sum + (counts[label] ?? 0), 0);
  const right = row[label] ?? 0;
  return {
    images,
    precision: said === 0 ? null : right / said,
    recall: images === 0 ? null : right / images,
    f1: images + said === 0 ? null : (2 * right) / (images + said),
  };
}

/**
 * Scores what a model said of a list of images against what they are.
 * @param labels the model's class names.
 * @param truth the right class of each image, an index into `labels`.
 * @param predictions one for each image, in the same order.
 * @throws CoreError `bad-input` for an empty list, lists of different lengths, or a label that is no class.
 */
export function scorePredictions(
  labels: readonly string[],
  truth: readonly number[],
  predictions: readonly Prediction[],
): Evaluation {
  if (predictions.length === 0 || truth.length !== predictions.length) {
    throw new CoreError("bad-input", {
      what: "These predictions cannot be scored.",
      received: `${truth.length} true labels, ${predictions.length} predictions`,
      expected: "one of each for every image, and at least one image",
    });
  }
  const images = predictions.length;
  const confusion = confusionOf(labels.length, truth, predictions);
  const perClass = labels.map((label, i) => ({ label, ...classScore(confusion, i) }));
  const defined = perClass.flatMap(({ f1 }) => (f1 === null ? [] : [f1]));
  const losses = predictions.map(({ probabilities }, i) =>
    crossEntropy(probabilities[truth[i] ?? -1] ?? Number.NaN),
  );
  const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
  return {
    images,
    accuracy: confusion.reduce((sum, row, label) => sum + (row[label] ?? 0), 0) / images,
    loss: mean(losses),
    perClass,
    macroF1: mean(defined),
    confusion,
  };
}
