import { groupBy } from "./groups.ts";
import { groupLookAlikes } from "./look-alikes.ts";
import type { Dataset, DatasetImage } from "./types.ts";

/** Images that are one picture. */
export interface DuplicateGroup {
  /** "content": the same bytes; "look": different bytes, the same or nearly the same perceptual hash. */
  readonly by: "content" | "look";
  readonly images: readonly DatasetImage[];
}

/** More places of one picture than these help nobody. */
const SHOWN_PLACES = 4;

/** "a/1.jpg = b/1.jpg" for one content, "a/1.jpg ~ b/2.jpg" for one look: where a picture lies, for messages. */
export function samePaths({ by, images }: DuplicateGroup): string {
  const sign = by === "content" ? " = " : " ~ ";
  const more = images.length > SHOWN_PLACES ? [`${images.length - SHOWN_PLACES} more`] : [];
  return [...images.slice(0, SHOWN_PLACES).map(({ path }) => path), ...more].join(sign);
}

/** All groups of two or more: those by content first, in the order of the data set. A look counts each content once. */
export function findDuplicates({ images }: Dataset): readonly DuplicateGroup[] {
  const byHash = groupBy(images, ({ hash }) => hash);
  const byContent = [...byHash.values()].filter((same) => same.length > 1);
  const looks = groupLookAlikes(images.map(({ facts }) => facts.perceptualHash));
  const firsts = [...byHash.values()].flatMap(([first]) => first ?? []);
  const telling = firsts.filter(({ facts }) => looks.has(facts.perceptualHash));
  const byLook = groupBy(telling, ({ facts }) => looks.get(facts.perceptualHash)).values();
  return [
    ...byContent.map((same) => ({ by: "content", images: same }) as const),
    ...[...byLook].filter((same) => same.length > 1).map((same) => ({ by: "look", images: same }) as const),
  ];
}

/**
 * Groups whose images have different labels. By look only at equal hashes: nearly equal ones of two classes are more
 * often two plain drawings than one picture.
 */
export function findConflicts(groups: readonly DuplicateGroup[]): readonly DuplicateGroup[] {
  const hasTwoLabels = (images: readonly DatasetImage[]): boolean =>
    new Set(images.map(({ label }) => label)).size > 1;
  return groups.flatMap(({ by, images }) => {
    const equal = by === "content" ? [images] : groupBy(images, ({ facts }) => facts.perceptualHash).values();
    return [...equal].filter(hasTwoLabels).map((same) => ({ by, images: same }));
  });
}
