import { type DrawnImage, drawUnits, type SideCounts, type Unit } from "./draw.ts";
import { groupBy } from "./groups.ts";
import { groupLookAlikes } from "./look-alikes.ts";
import { conflictingHashes } from "./split.ts";
import type { Part } from "./types.ts";

/** An image that has its side. */
export interface DealtImage extends DrawnImage {
  readonly part: Part;
  /** It is not used for now: what belongs to it goes to its side all the same, but it counts for no class. @default false */
  readonly isOut?: boolean;
}

/** Of sides that hold a unit equally strongly: what was learned from is not held back again. */
const PARTS: readonly Part[] = ["train", "validation", "test"];

/** Sides by what an image shares with others. */
type Ties = ReadonlyMap<string | undefined, ReadonlySet<Part>>;

function tiesBy(dealt: readonly DealtImage[], keyOf: (image: DrawnImage) => string | undefined): Ties {
  const ties = new Map<string | undefined, Set<Part>>();
  for (const image of dealt) {
    const key = keyOf(image);
    if (key === undefined) continue;
    const parts = ties.get(key) ?? new Set();
    ties.set(key, parts.add(image.part));
  }
  return ties;
}

/** Contents of each label on the two sides. */
function countSides(dealt: Iterable<DealtImage>): SideCounts {
  const counts = { train: new Map<number, number>(), validation: new Map<number, number>() };
  for (const { label, part } of dealt)
    if (part !== "test") counts[part].set(label, (counts[part].get(label) ?? 0) + 1);
  return counts;
}

/**
 * Deals images that come to a data set whose images have their sides, which they keep: those that touch one by content,
 * `group` or look (in this order) go to its side with all that belongs to them, the rest is drawn so that every class comes
 * nearest to its share. Without any image that is learned from or checked it is `drawValidation`'s draw.
 * @param dealt images that have their sides; given folders may have one content on several, and "test" ones in front of a
 *   first draw bind nothing, as in `drawSplit`.
 * @param options.fraction share of the images of each label that is held out, in (0, 1).
 * @returns the side of each content that had none. A content under two labels stays without one.
 */
export function dealInto(
  dealt: readonly DealtImage[],
  images: readonly DrawnImage[],
  { seed, fraction }: { readonly seed: number; readonly fraction: number },
): ReadonlyMap<string, Part> {
  const conflicts = conflictingHashes([...dealt.filter(({ isOut }) => !isOut), ...images]);
  const binding = dealt.some(({ part }) => part !== "test") ? dealt : [];
  const known = new Map(binding.map(({ hash, part }) => [hash, part]));
  const fresh = images.filter(({ hash }) => !conflicts.has(hash) && !known.has(hash));
  if (fresh.length === 0) return new Map();
  // a known content may come again, in a group of its own
  const again = images.flatMap((image) => {
    const part = conflicts.has(image.hash) ? undefined : known.get(image.hash);
    return part === undefined ? [] : [{ ...image, part }];
  });
  const holding = [...binding, ...again];
  const looks = groupLookAlikes([...holding, ...fresh].map(({ facts }) => facts.perceptualHash));
  const lookOf = ({ facts }: DrawnImage): string | undefined => looks.get(facts.perceptualHash);
  const groups = tiesBy(holding, ({ group }) => group);
  const alike = tiesBy(holding, lookOf);
  const byHash = groupBy(fresh, ({ hash }) => hash);
  // each content once, as it counts in the draw
  const standing = [
    ...new Map(
      binding
        .filter(({ hash, isOut }) => !conflicts.has(hash) && !isOut)
        .map((image) => [`${image.part} ${image.hash}`, image]),
    ).values(),
  ];

  const sideOf = ({ hashes }: Unit, loose: ReadonlySet<number>): Part | undefined => {
    const own = hashes.flatMap((hash) => byHash.get(hash) ?? []);
    const ofGroups = new Set(own.flatMap(({ group }) => [...(groups.get(group) ?? [])]));
    const bound = own.filter(({ label }) => !loose.has(label));
    const ofLooks = new Set(bound.flatMap((image) => [...(alike.get(lookOf(image)) ?? [])]));
    return PARTS.find((part) => ofGroups.has(part)) ?? PARTS.find((part) => ofLooks.has(part));
  };

  const sides = new Map<string, Part>();
  const { units, taken } = drawUnits(fresh, {
    ...{ seed, fraction, looks },
    apart(all, loose) {
      sides.clear();
      const free: Unit[] = [];
      for (const unit of all) {
        const part = sideOf(unit, loose);
        if (part === undefined) free.push(unit);
        else for (const hash of unit.hashes) sides.set(hash, part);
      }
      const bound = [...sides].flatMap(([hash, part]) => {
        const image = byHash.get(hash)?.at(-1);
        return image === undefined ? [] : [{ ...image, part }];
      });
      return { free, before: countSides([...standing, ...bound]) };
    },
  });
  for (const unit of units)
    for (const hash of unit.hashes) sides.set(hash, taken.has(unit) ? "validation" : "train");
  return sides;
}
