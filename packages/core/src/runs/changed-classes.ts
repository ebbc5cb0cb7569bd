import type { Dataset } from "../dataset/types.ts";
import { nameFew } from "../name-few.ts";
import { type Difference, type RunBeginning, startLabels } from "./run-beginning.ts";

/** Of many classes that changed these few are told. */
const SHOWN = 5;

/**
 * What became of a run's classes, by where their images are now: "birds → zebras" for a folder that was renamed, also for two
 * that changed names with each other. A head counts classes in the order of their names, so each of these would permute it.
 */
export function changedClasses(
  began: RunBeginning,
  { labels, images }: Pick<Dataset, "labels" | "images">,
): Difference | undefined {
  const then = startLabels(began.record);
  if (then === undefined) return undefined;
  const moved = movedClasses(began, { labels, images });
  const isSame = then.length === labels.length && then.every((label, at) => label === labels[at]);
  // images that were put into the wrong one of the same classes are told one by one
  if (isSame && !isPermutation(moved)) return undefined;
  const targets = new Set(moved.values());
  const gone = then.filter((label) => !labels.includes(label) && !moved.has(label));
  const added = labels.filter((label) => !then.includes(label) && !targets.has(label));
  const changes = [
    ...then.filter((label) => moved.has(label)).map((label) => `${label} → ${moved.get(label)}`),
    ...gone.map((label) => `${label} is gone`),
    ...added.map((label) => `${label} is new`),
  ];
  return {
    what: `its classes changed (${changes.length === 0 ? "their order" : nameFew(changes, SHOWN)})`,
    received: nameFew(labels, SHOWN),
    expected: `${nameFew(then, SHOWN)}, as at the start`,
    fix: "Give each class back its former name and images, or start a new run.",
  };
}

/** Classes whose images are now all in one and the same other class, and in which. */
function movedClasses(
  { images: known, split }: RunBeginning,
  { labels, images }: Pick<Dataset, "labels" | "images">,
): ReadonlyMap<string, string> {
  const ofRun = new Set([...split.train, ...split.validation]);
  const homes = new Map<string, Set<string>>();
  for (const { hash, label } of images) {
    const [from, to] = [known.get(hash)?.label, labels[label]];
    if (!ofRun.has(hash) || from === undefined || to === undefined) continue;
    homes.set(from, (homes.get(from) ?? new Set()).add(to));
  }
  return new Map(
    [...homes].flatMap(([from, [to, ...others]]): [string, string][] =>
      to === undefined || to === from || others.length > 0 ? [] : [[from, to]],
    ),
  );
}

/** True when classes changed places with each other, as two folders that are renamed crosswise do. */
function isPermutation(moved: ReadonlyMap<string, string>): boolean {
  const targets = new Set(moved.values());
  return (
    moved.size > 0 && targets.size === moved.size && [...moved.keys()].every((from) => targets.has(from))
  );
}
