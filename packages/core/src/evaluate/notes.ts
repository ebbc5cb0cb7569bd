import { nameFew } from "../name-few.ts";
import { visibleText } from "../visible-text.ts";
import type { EvaluationResult } from "./evaluate.ts";
import type { EvaluationImages } from "./evaluation-images.ts";

/** What is to be known before the numbers of an evaluation are believed. */
export interface EvaluationNote {
  readonly code: /** Which images were looked at. */
    | "images"
    /** Images that could be read when the data set was opened, and no longer. */
    | "lost-images"
    /** Images that the head was trained on. */
    | "seen-in-training";
  /** One sentence for people. */
  readonly message: string;
  /** Paths of the images that the note is about, all of them; of "images" none. */
  readonly paths: readonly string[];
}

/** Images that a sentence names. */
const NAMED = 3;

/** The notes of an evaluation; the first says which images were looked at. */
export function evaluationNotes(
  { broken, seenInTraining }: Pick<EvaluationResult, "broken" | "seenInTraining">,
  { description, images }: Pick<EvaluationImages, "description" | "images">,
): readonly EvaluationNote[] {
  const notes: EvaluationNote[] = [{ code: "images", message: `Evaluating on ${description}.`, paths: [] }];
  const [first] = broken;
  if (first) {
    const paths = broken.map(({ image }) => image.path);
    const why = `${visibleText(first.image.path)}: ${first.error.message}`;
    const message = `Left out, because no longer usable: ${nameFew(paths)} (${why})`;
    notes.push({ code: "lost-images", message, paths });
  }
  if (seenInTraining.length > 0) {
    const paths = seenInTraining.map(({ path }) => path);
    const named = paths.slice(0, NAMED);
    const more = paths.length > named.length ? ` and ${paths.length - named.length} more` : "";
    const message = `Note: ${paths.length} of ${images.length} images were seen in training, so the score flatters the model: ${named.join(", ")}${more}`;
    notes.push({ code: "seen-in-training", message, paths });
  }
  return notes;
}
