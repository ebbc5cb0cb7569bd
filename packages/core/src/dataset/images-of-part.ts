import type { Dataset, DatasetImage, Part, Split } from "./types.ts";

/**
 * The images of one side of a split, one for each of its hashes, in its order: what is trained on does not depend on
 * names or the order of files. Hashes without an image in the data set are left out.
 *
 * A content that given folders have on both sides is on each by the file that lies there.
 */
export function imagesOfPart(
  dataset: Pick<Dataset, "images">,
  split: Split,
  part: Part,
): readonly DatasetImage[] {
  const candidates =
    split.kind === "given" ? dataset.images.filter((image) => image.part === part) : dataset.images;
  // of equal files the first one
  const byHash = new Map(candidates.toReversed().map((image) => [image.hash, image]));
  return split[part].flatMap((hash) => byHash.get(hash) ?? []);
}
