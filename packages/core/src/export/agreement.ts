import type { Backend } from "../backend/backend.ts";
import { CoreError } from "../errors.ts";
import type { Prediction } from "../metrics/types.ts";
import type { Model } from "../model/types.ts";
import { openPredictor } from "../predict/predict.ts";

/** Largest difference of a probability between a written network and graft's own: batch norms are folded in one of them. */
export const TOLERANCE = 1e-4;

/** What graft itself says of a few real images: what a written model is held against. */
export interface Reference {
  /** [size, size, 3] uint8 each, already through the model's image rule. */
  readonly images: readonly Uint8Array[];
  /** One for each image. */
  readonly predictions: readonly Pick<Prediction, "probabilities" | "distance">[];
}

/** Runs a model on a few images. @throws as `openPredictor` and `Predictor.predict`. */
export async function referenceOf(
  model: Model,
  images: readonly Uint8Array[],
  backend: Backend,
): Promise<Reference> {
  using predictor = await openPredictor(model, backend);
  return { images, predictions: await predictor.predict(images) };
}

/**
 * Largest difference of a probability.
 * @returns NaN when either side has no number or another count of them: no agreement.
 */
export function largestDifference(
  expected: Reference["predictions"],
  found: readonly { readonly probabilities: ArrayLike<number> }[],
): number {
  if (found.length !== expected.length) return Number.NaN;
  return expected.reduce((most, { probabilities }, i) => {
    const other = found[i]?.probabilities;
    if (other?.length !== probabilities.length) return Number.NaN;
    return probabilities.reduce((max, p, c) => Math.max(max, Math.abs(p - (other[c] ?? Number.NaN))), most);
  }, 0);
}

/**
 * Holds what a written file says against what graft says.
 * @returns the largest difference of a probability, at most {@link TOLERANCE}.
 * @throws CoreError `corrupt` for more, `bad-input` without an image to compare on.
 */
export function checkAgreement(
  { images, predictions }: Reference,
  found: readonly { readonly probabilities: ArrayLike<number> }[],
  noun: string,
): number {
  if (images.length === 0) {
    throw new CoreError("bad-input", {
      what: `There is no image to compare the ${noun} on.`,
      fix: "Give some with `data`.",
    });
  }
  const largest = largestDifference(predictions, found);
  if (largest <= TOLERANCE) return largest;
  throw new CoreError("corrupt", {
    what: `The ${noun} does not compute what the model computes, so it was removed.`,
    received: `probabilities that differ by ${largest} on ${images.length} images`,
    expected: `at most ${TOLERANCE}`,
    fix: "The disk or the memory may be failing: try again, or try another place.",
  });
}

/**
 * Holds the distances to the training that a written file gives against graft's own, where graft gives any.
 * @throws CoreError `corrupt` for one that is absent or differs by more than {@link TOLERANCE}.
 */
export function checkDistances(
  { predictions }: Reference,
  found: readonly { readonly distance?: number }[],
  noun: string,
): void {
  for (const [i, { distance: expected }] of predictions.entries()) {
    const received = found[i]?.distance;
    if (expected === undefined || Math.abs(expected - (received ?? Number.NaN)) <= TOLERANCE) continue;
    throw new CoreError("corrupt", {
      what: `The ${noun} that was written computes a different distance from the training than the model does.`,
      received: `${received ?? "none"}`,
      expected: `${expected}`,
      fix: "The disk or the memory may be failing: try again, or try another place.",
    });
  }
}
