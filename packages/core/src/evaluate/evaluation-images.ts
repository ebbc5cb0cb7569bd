import type { Dataset, DatasetImage, Part, Split } from "../dataset/types.ts";
import { CoreError } from "../errors.ts";

/** Which images a model is scored on, in words and as a list. */
export interface EvaluationImages {
  readonly part: Part | "all";
  /** "8 images of the validation part, as split when the model was trained" */
  readonly description: string;
  readonly images: readonly DatasetImage[];
  /** Of every image of the data set that is in a part. */
  readonly partOf: ReadonlyMap<DatasetImage, Part>;
}

/**
 * The data set's own folders decide the parts; without them the split that the model was trained with, as far as its
 * images are found here by content.
 * @param stored the split of the model's run; undefined when it is not here or not the model's.
 * @param asked `--split`. @default validation when there is one, else test, else all
 * @throws CoreError `not-found` for a part that has no image.
 */
export function evaluationImages(
  dataset: Dataset,
  stored: Split | undefined,
  asked: Part | "all" | undefined,
): EvaluationImages {
  const parts = partsOf(dataset, stored);
  const has = (part: Part): boolean => (parts.get(part)?.length ?? 0) > 0;
  const partOf = new Map(
    [...parts].flatMap(([name, images]) => images.map((image) => [image, name] as const)),
  );
  const part = asked ?? (has("validation") ? "validation" : has("test") ? "test" : "all");
  if (part === "all") {
    const why =
      asked === undefined ? " (it has no validation or test part, and the training's split is not here)" : "";
    return {
      part,
      images: dataset.images,
      partOf,
      description: `all ${dataset.images.length} images of the data set${why}`,
    };
  }
  const images = parts.get(part) ?? [];
  if (images.length === 0) {
    const there = [...parts.keys()].filter(has);
    throw new CoreError("not-found", {
      what: `The data set has no ${part} part.`,
      received: `\`part: ${part}\``,
      expected:
        there.length > 0
          ? `${there.join(", ")} or all`
          : "all: the data set has no such folders, and the training's split is not here",
    });
  }
  const isGiven = images.every((image) => image.part === part);
  const from = isGiven ? "the data set's own folders" : "the split that the model was trained with";
  return { part, images, partOf, description: `${images.length} ${part} images of ${from}` };
}

/** Folders decide; what they leave open (no folders, or no validation among them) the stored split decides. */
function partsOf(dataset: Dataset, stored: Split | undefined): Map<Part, DatasetImage[]> {
  const hasValidation = dataset.images.some(({ part }) => part === "validation");
  const partOfHash = new Map<string, Part>();
  for (const part of ["train", "validation", "test"] as const)
    for (const hash of stored?.[part] ?? []) partOfHash.set(hash, part);
  const parts = new Map<Part, DatasetImage[]>();
  for (const image of dataset.images) {
    const isGiven = image.part !== undefined && (hasValidation || image.part !== "train");
    const part = isGiven ? image.part : (partOfHash.get(image.hash) ?? image.part);
    if (part === undefined) continue;
    const images = parts.get(part);
    if (images) images.push(image);
    else parts.set(part, [image]);
  }
  return parts;
}
