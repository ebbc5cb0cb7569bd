import {
  byCodeUnit,
  type DatasetNote,
  type DealtImage,
  type DrawnImage,
  dealInto,
  type Part,
  prefixGroups,
} from "@graft/core";
import type { ClassRow, ImageRow, SplitRule } from "../ports/rows.ts";
import { splitGroups } from "./split-groups.ts";

/** Core's rule of what a content is: a picture that is used, under its class. */
export interface UsedImage extends ImageRow {
  readonly class: string;
  readonly facts: NonNullable<ImageRow["facts"]>;
}

/** Pictures that may be learned from or checked: readable, not left out, of a class that is on; sorted by path. */
export function usedImages(
  images: readonly ImageRow[],
  classes: readonly Pick<ClassRow, "id" | "isOff">[],
): readonly UsedImage[] {
  const on = new Set(classes.flatMap(({ id, isOff }) => (isOff ? [] : [id])));
  return images
    .filter(
      (image): image is UsedImage =>
        image.use === "in" && image.facts !== null && image.class !== null && on.has(image.class),
    )
    .sort((a, b) => byCodeUnit(a.path, b.path));
}

/** Pictures as core draws them; classes as numbers. */
function drawing(images: readonly ImageRow[], rule: SplitRule): (image: ImageRow) => DrawnImage | undefined {
  const groups = splitGroups(images, rule);
  const labels = new Map<string | null, number>();
  return ({ path, hash, facts, class: of }) => {
    if (facts === null) return undefined;
    const label = labels.get(of) ?? labels.size;
    labels.set(of, label);
    const group = groups.get(path);
    return { hash, label, facts, ...(group === undefined ? {} : { group }) };
  };
}

/**
 * Sides of the pictures that have none yet and are used: dealt into what there is by the data set's rule, so that none of those
 * that have a side moves.
 * @param images all of the data set.
 * @returns by id; a picture whose content lies under two classes is not among them.
 */
export function dealUndealt(
  images: readonly ImageRow[],
  classes: readonly Pick<ClassRow, "id" | "isOff">[],
  rule: SplitRule,
): ReadonlyMap<string, Part> {
  const used = new Set<ImageRow>(usedImages(images, classes));
  const undealt = [...used].filter(({ part }) => part === null);
  if (undealt.length === 0) return new Map();
  const drawnOf = drawing(images, rule);
  const dealt = images.flatMap((image): DealtImage[] => {
    const drawn = drawnOf(image);
    const { part } = image;
    return drawn === undefined || part === null ? [] : [{ ...drawn, part, isOut: !used.has(image) }];
  });
  const sides = dealInto(
    dealt,
    undealt.flatMap((image) => drawnOf(image) ?? []),
    rule,
  );
  const known = new Map(dealt.toReversed().map(({ hash, part }) => [hash, part]));
  const inDoubt = conflicts([...used]);
  return new Map(
    undealt.flatMap(({ id, hash }) => {
      const part = sides.get(hash) ?? known.get(hash);
      return part === undefined || inDoubt.has(hash) ? [] : [[id, part] as const];
    }),
  );
}

/** Contents that lie under two classes: on no side until somebody decides. */
export function conflicts(used: readonly Pick<ImageRow, "hash" | "class">[]): ReadonlySet<string> {
  const classOf = new Map<string, string | null>();
  const found = new Set<string>();
  for (const { hash, class: of } of used) {
    if ((classOf.get(hash) ?? of) !== of) found.add(hash);
    classOf.set(hash, of);
  }
  return found;
}

/** A whole new split. */
export interface NewSides {
  /** By image id; a picture that is not among them has no side. */
  readonly parts: ReadonlyMap<string, Part>;
  /** Pictures that were on a side and are on another now. */
  readonly moved: readonly { readonly from: Part; readonly to: Part; readonly pictures: number }[];
  /** What should be known of it. */
  readonly notes: readonly DatasetNote[];
}

/**
 * Draws all sides anew, as `graft train` draws them for a folder of these pictures. A given test part stays one.
 * @throws CoreError `bad-input` where `groupPrefix` makes one group of all.
 */
export function drawSides(
  images: readonly ImageRow[],
  classes: readonly Pick<ClassRow, "id" | "isOff">[],
  rule: SplitRule,
): NewSides {
  const notes = rule.groupPrefix
    ? prefixGroups(usedImages(images, classes).map(({ path }) => path)).notes
    : [];
  const kept = images.map((image) => (image.part === "test" ? image : { ...image, part: null }));
  const tests = images.flatMap(({ id, part }) => (part === "test" ? [[id, part] as const] : []));
  const parts = new Map<string, Part>([...tests, ...dealUndealt(kept, classes, rule)]);
  const counts = new Map<string, { from: Part; to: Part; pictures: number }>();
  for (const { id, part: from } of images) {
    const to = parts.get(id);
    if (from === null || to === undefined || from === to) continue;
    const move = counts.get(`${from} ${to}`) ?? { from, to, pictures: 0 };
    counts.set(`${from} ${to}`, { ...move, pictures: move.pictures + 1 });
  }
  return { parts, moved: [...counts.values()], notes };
}
