import { byCodeUnit } from "../by-code-unit.ts";
import { createRandom } from "../numbers/random.ts";
import { shuffle } from "../numbers/shuffle.ts";
import { Groups, groupBy } from "./groups.ts";
import { groupLookAlikes } from "./look-alikes.ts";
import type { DatasetImage } from "./types.ts";

/** Images that go to one side together, each content once. */
interface Unit {
  readonly hashes: readonly string[];
  /** Images of each label. */
  readonly counts: ReadonlyMap<number, number>;
}

export interface Drawn {
  readonly train: readonly string[];
  readonly validation: readonly string[];
}

/**
 * Units of images with one content, one `group`, or one look. Looks bind only images whose label is not in `loose`.
 * Sorted by content, so that neither names nor the order of files has a part in the draw.
 */
function makeUnits(images: readonly DatasetImage[], loose: ReadonlySet<number>): Unit[] {
  const groups = new Groups();
  const looks = groupLookAlikes(images.map(({ facts }) => facts.perceptualHash));
  for (const { hash, group, label, facts } of images) {
    if (group !== undefined) groups.join(`group ${group}`, hash);
    const look = loose.has(label) ? undefined : looks.get(facts.perceptualHash);
    if (look !== undefined) groups.join(`look ${look}`, hash);
  }
  const unique = [...new Map(images.map((image) => [image.hash, image])).values()];
  unique.sort((a, b) => byCodeUnit(a.hash, b.hash));
  return [...groupBy(unique, ({ hash }) => groups.rootOf(hash)).values()].map((unit) => ({
    hashes: unit.map(({ hash }) => hash),
    counts: new Map([...groupBy(unit, ({ label }) => label)].map(([label, same]) => [label, same.length])),
  }));
}

/** Counts of each label on the way from "all in train" to the wanted share in validation. */
class Balance {
  private readonly train = new Map<number, number>();
  private readonly validation = new Map<number, number>();
  private readonly wanted = new Map<number, number>();

  constructor(units: readonly Unit[], fraction: number) {
    for (const { counts } of units)
      for (const [label, count] of counts) this.train.set(label, (this.train.get(label) ?? 0) + count);
    for (const [label, count] of this.train)
      this.wanted.set(label, Math.min(count - 1, Math.max(1, Math.round(count * fraction))));
  }

  /** Labels that validation lacks. */
  missing(): readonly number[] {
    return [...this.train.keys()].filter((label) => this.held(label) === 0);
  }

  /** Every label of the unit keeps an image in train. */
  leavesTrain({ counts }: Unit): boolean {
    return [...counts].every(([label, count]) => (this.train.get(label) ?? 0) > count);
  }

  /** Validation comes nearer to what is wanted, over all labels of the unit together. */
  improves({ counts }: Unit): boolean {
    let gain = 0;
    for (const [label, count] of counts) {
      const open = (this.wanted.get(label) ?? 0) - this.held(label);
      gain += Math.abs(open) - Math.abs(open - count);
    }
    return gain > 0;
  }

  take({ counts }: Unit): void {
    for (const [label, count] of counts) {
      this.train.set(label, (this.train.get(label) ?? 0) - count);
      this.validation.set(label, this.held(label) + count);
    }
  }

  private held(label: number): number {
    return this.validation.get(label) ?? 0;
  }
}

function allot(
  units: readonly Unit[],
  fraction: number,
): { taken: ReadonlySet<Unit>; missing: readonly number[] } {
  const balance = new Balance(units, fraction);
  const taken = new Set<Unit>();
  const take = (unit: Unit): void => {
    balance.take(unit);
    taken.add(unit);
  };
  for (const unit of units) if (balance.leavesTrain(unit) && balance.improves(unit)) take(unit);
  // a class whose units are all larger than its share: the smallest one is better than none
  const bySize = units.toSorted((a, b) => a.hashes.length - b.hashes.length);
  for (const label of balance.missing()) {
    const unit = bySize.find(
      (each) => each.counts.has(label) && !taken.has(each) && balance.leavesTrain(each),
    );
    if (unit !== undefined) take(unit);
  }
  return { taken, missing: balance.missing() };
}

/**
 * Holds out `fraction` of the images of every label, at least one and never all, whole units at a time. A label whose
 * look-alikes are so many that validation would get none is drawn again without regard to looks (the report says so);
 * one content or one `group` is never cut.
 */
export function drawValidation(
  images: readonly DatasetImage[],
  { seed, fraction }: { readonly seed: number; readonly fraction: number },
): Drawn {
  const allotWith = (loose: ReadonlySet<number>) => {
    const units = makeUnits(images, loose);
    shuffle(units, createRandom("split", seed));
    return { units, ...allot(units, fraction) };
  };
  let result = allotWith(new Set());
  if (result.missing.length > 0) result = allotWith(new Set(result.missing));
  const { units, taken } = result;
  const hashesOf = (isTaken: boolean): readonly string[] =>
    units
      .filter((unit) => taken.has(unit) === isTaken)
      .flatMap(({ hashes }) => hashes)
      .sort(byCodeUnit);
  return { train: hashesOf(false), validation: hashesOf(true) };
}
