import { byCodeUnit } from "../by-code-unit.ts";
import { createRandom } from "../numbers/random.ts";
import { shuffle } from "../numbers/shuffle.ts";
import { Groups, groupBy } from "./groups.ts";
import { groupLookAlikes } from "./look-alikes.ts";
import type { DatasetImage } from "./types.ts";

/** What a draw asks of an image. */
export interface DrawnImage extends Pick<DatasetImage, "hash" | "label" | "group"> {
  readonly facts: Pick<DatasetImage["facts"], "perceptualHash">;
}

/** Images that go to one side together, each content once. */
export interface Unit {
  readonly hashes: readonly string[];
  /** Images of each label. */
  readonly counts: ReadonlyMap<number, number>;
}

/** Images of each label on the two sides. */
export interface SideCounts {
  readonly train: ReadonlyMap<number, number>;
  readonly validation: ReadonlyMap<number, number>;
}

export interface Drawn {
  readonly train: readonly string[];
  readonly validation: readonly string[];
}

/**
 * Units of images with one content, one `group`, or one look. Looks bind only images whose label is not in `loose`.
 * Sorted by content, so that neither names nor the order of files has a part in the draw.
 * @param looks of `groupLookAlikes`
 */
function makeUnits(
  images: readonly DrawnImage[],
  { looks, loose }: { readonly looks: ReadonlyMap<string, string>; readonly loose: ReadonlySet<number> },
): Unit[] {
  const groups = new Groups();
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
  private readonly train: Map<number, number>;
  private readonly validation: Map<number, number>;
  private readonly wanted = new Map<number, number>();

  constructor(units: readonly Unit[], fraction: number, before: SideCounts) {
    this.train = new Map(before.train);
    this.validation = new Map(before.validation);
    for (const { counts } of units)
      for (const [label, count] of counts) this.train.set(label, (this.train.get(label) ?? 0) + count);
    for (const [label, learned] of this.train) {
      const count = learned + this.held(label);
      this.wanted.set(label, Math.min(count - 1, Math.max(1, Math.round(count * fraction))));
    }
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
  before: SideCounts,
): { taken: ReadonlySet<Unit>; missing: readonly number[] } {
  const balance = new Balance(units, fraction, before);
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

const NONE_BEFORE: SideCounts = { train: new Map(), validation: new Map() };

export interface UnitsDrawn {
  /** In the order of the draw. */
  readonly units: readonly Unit[];
  /** Those that go to validation. */
  readonly taken: ReadonlySet<Unit>;
}

/**
 * Which units of images are held out: `drawValidation`'s draw, which may stand beside images that have their sides.
 * @param options.looks of `groupLookAlikes`, where looks bind images beyond these. @default over these
 * @param options.apart takes the units that have their side already out of the draw, and counts all that stand beside it;
 *   `loose`: labels whose images looks do not bind. @default none
 */
export function drawUnits(
  images: readonly DrawnImage[],
  options: {
    readonly seed: number;
    readonly fraction: number;
    readonly looks?: ReadonlyMap<string, string>;
    readonly apart?: (
      units: readonly Unit[],
      loose: ReadonlySet<number>,
    ) => { readonly free: Unit[]; readonly before: SideCounts };
  },
): UnitsDrawn {
  const {
    seed,
    fraction,
    looks = groupLookAlikes(images.map(({ facts }) => facts.perceptualHash)),
  } = options;
  const allotWith = (loose: ReadonlySet<number>) => {
    const all = makeUnits(images, { looks, loose });
    const { free: units, before } = options.apart?.(all, loose) ?? { free: all, before: NONE_BEFORE };
    shuffle(units, createRandom("split", seed));
    return { units, ...allot(units, fraction, before) };
  };
  const result = allotWith(new Set());
  return result.missing.length > 0 ? allotWith(new Set(result.missing)) : result;
}

/**
 * Holds out `fraction` of the images of every label, at least one and never all, whole units at a time. A label whose
 * look-alikes are so many that validation would get none is drawn again without regard to looks (the report says so);
 * one content or one `group` is never cut.
 */
export function drawValidation(
  images: readonly DrawnImage[],
  options: { readonly seed: number; readonly fraction: number },
): Drawn {
  const { units, taken } = drawUnits(images, options);
  const hashesOf = (isTaken: boolean): readonly string[] =>
    units
      .filter((unit) => taken.has(unit) === isTaken)
      .flatMap(({ hashes }) => hashes)
      .sort(byCodeUnit);
  return { train: hashesOf(false), validation: hashesOf(true) };
}
