import { groupBy } from "../dataset/groups.ts";
import type { Dataset, DatasetImage, Part } from "../dataset/types.ts";
import { nameFew } from "../name-few.ts";
import type { Difference, RunBeginning, StartImage } from "./run-beginning.ts";

/** One image of a run's split, at its start and now. */
interface ImagePair {
  readonly hash: string;
  readonly part: Part;
  readonly start: StartImage | undefined;
  /** Every file that has this content. */
  readonly now: readonly DatasetImage[];
}

/**
 * The images of a run's split that are in another class or part than when it began, gone, or no longer what they were. A
 * content that came to lie in a second class is in doubt, as when a split is drawn.
 */
export function changedImages(
  { split, images: known }: RunBeginning,
  dataset: Pick<Dataset, "labels" | "images">,
): Difference | undefined {
  const byHash = groupBy(dataset.images, ({ hash }) => hash);
  const pairs = (["train", "validation"] as const).flatMap((part) =>
    split[part].map(
      (hash): ImagePair => ({ hash, part, start: known.get(hash), now: byHash.get(hash) ?? [] }),
    ),
  );
  return inOtherClass(pairs, dataset) ?? inOtherPart(pairs, split.kind === "given") ?? gone(pairs, dataset);
}

function inOtherClass(
  pairs: readonly ImagePair[],
  { labels }: Pick<Dataset, "labels">,
): Difference | undefined {
  const strayOf = ({ start, now }: ImagePair): DatasetImage | undefined =>
    now.find(({ label }) => start?.label !== undefined && labels[label] !== start.label);
  const isBoth = ({ start, now }: ImagePair): boolean =>
    now.some(({ label }) => labels[label] === start?.label);
  const moved = pairs.filter((pair) => strayOf(pair) !== undefined);
  if (moved.length === 0) return undefined;
  return {
    what: `${count(moved)} in a different class from the one at the start`,
    received: told(moved, (pair) => `now ${isBoth(pair) ? "also " : ""}${strayOf(pair)?.path}`),
    expected: `${all(pairs)}, in the class that each had at the start`,
    fix: `Move ${moved.length === 1 ? "it" : "them"} back, or start a new run.`,
  };
}

/** A given split is the folders themselves; a drawn one is of all images but those of a test folder. */
function inOtherPart(pairs: readonly ImagePair[], isGiven: boolean): Difference | undefined {
  const isInPart = ({ part, now }: ImagePair): boolean =>
    now.some((image) => (isGiven ? image.part === part : image.part !== "test"));
  const moved = pairs.filter((pair) => pair.now.length > 0 && !isInPart(pair));
  if (moved.length === 0) return undefined;
  return {
    what: `${count(moved)} in a different part from the one at the start`,
    received: told(moved, ({ now }) => `now ${now[0]?.path}`),
    expected: `${all(pairs)}, in the part (train, validation) that each had at the start`,
    fix: `Move ${moved.length === 1 ? "it" : "them"} back, or start a new run.`,
  };
}

function gone(pairs: readonly ImagePair[], { images }: Pick<Dataset, "images">): Difference | undefined {
  const missing = pairs.filter(({ now }) => now.length === 0);
  if (missing.length === 0) return undefined;
  const paths = new Set(images.map(({ path }) => path));
  return {
    what: `${count(missing)} gone or changed`,
    received: told(missing, ({ start }) => (start && paths.has(start.path) ? "changed" : "gone")),
    expected: all(pairs),
    fix: `Put ${missing.length === 1 ? "it" : "them"} back, or start a new run.`,
  };
}

const count = ({ length }: readonly unknown[]): string =>
  length === 1 ? "1 of its images is" : `${length} of its images are`;
const all = ({ length }: readonly unknown[]): string =>
  `the ${length === 1 ? "image" : `${length} images`} that it was started with`;

/** "cats/1.jpg (gone), dogs/2.jpg (changed) and 3 more" */
function told(pairs: readonly ImagePair[], state: (pair: ImagePair) => string): string {
  const nameOf = ({ hash, start }: ImagePair): string => start?.path ?? `an image with sha256 ${hash}`;
  return nameFew(pairs.map((pair) => `${nameOf(pair)} (${state(pair)})`).sort());
}
