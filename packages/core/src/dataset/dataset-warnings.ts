import { nameFew } from "../name-few.ts";
import { quotedText } from "../visible-text.ts";
import { counted, verb } from "./count-words.ts";
import { type DuplicateGroup, findConflicts, findDuplicates, samePaths } from "./duplicates.ts";
import { groupBy } from "./groups.ts";
import type { Dataset, DatasetNote, Split } from "./types.ts";

/** Something that trains, and that the owner of the images should know. */
export interface DatasetWarning {
  readonly code:
    | DatasetNote["code"]
    | "broken-files"
    | "two-labels"
    | "duplicates-across-parts"
    | "copies-across-parts"
    | "one-sided-class"
    | "look-alikes-apart"
    | "few-images"
    | "imbalance"
    | "mirrored-classes";
  readonly message: string;
}

/** Below this, a class's validation holds 4 images or fewer at the default share: its accuracy moves in steps of 25 %. */
const FEW_IMAGES = 20;
/** Largest class to smallest from which a model can gain by ignoring the small one. */
const IMBALANCE_RATIO = 3;

/** Images of each label, equal files once. */
export function countClasses({ labels, images }: Dataset): readonly number[] {
  const byLabel = groupBy(images, ({ label }) => label);
  return labels.map((_, label) => new Set(byLabel.get(label)?.map(({ hash }) => hash)).size);
}

/** Groups of one picture that lie in different given folders (train and validation, say). */
export function findAcrossParts(groups: readonly DuplicateGroup[]): readonly DuplicateGroup[] {
  return groups.filter(({ images }) => new Set(images.map(({ part }) => part)).size > 1);
}

function duplicateWarnings(split: Split | null, groups: readonly DuplicateGroup[]): DatasetWarning[] {
  const warnings: DatasetWarning[] = [];
  const conflicts = findConflicts(groups);
  const byContent = conflicts.filter(({ by }) => by === "content");
  const byLook = conflicts.filter(({ by }) => by === "look");
  if (byContent.length > 0)
    warnings.push({
      code: "two-labels",
      message: `${counted(byContent.length, "image")} ${verb(byContent.length, "has", "have")} two labels and ${verb(byContent.length, "is", "are")} left out: ${nameFew(byContent.map((group) => samePaths(group)))}`,
    });
  if (byLook.length > 0)
    warnings.push({
      code: "two-labels",
      message: `${counted(byLook.length, "group")} of look-alikes ${verb(byLook.length, "has", "have")} two labels, check ${verb(byLook.length, "it", "them")}: ${nameFew(byLook.map((group) => samePaths(group)))}`,
    });
  const across = findAcrossParts(groups);
  if (across.length > 0)
    warnings.push({
      code: "duplicates-across-parts",
      message: `${counted(across.length, "image")} ${verb(across.length, "is", "are")} in more than one of the given train, validation and test folders, so their score flatters the model: ${nameFew(across.map((group) => samePaths(group)))}`,
    });
  return [...warnings, ...lookAlikeWarnings(split, groups)];
}

/** Look-alikes on both sides of a drawn split. */
function lookAlikeWarnings(split: Split | null, groups: readonly DuplicateGroup[]): DatasetWarning[] {
  if (split?.kind !== "drawn") return [];
  const train = new Set(split.train);
  const validation = new Set(split.validation);
  const apart = groups.filter(
    ({ images }) =>
      images.some(({ hash }) => train.has(hash)) && images.some(({ hash }) => validation.has(hash)),
  );
  if (apart.length === 0) return [];
  return [
    {
      code: "look-alikes-apart",
      message: `${counted(apart.length, "group")} of look-alikes had to be split to give every class validation images, so do not trust their score: ${nameFew(apart.map((group) => samePaths(group)))}`,
    },
  ];
}

/** Changed copies of one photo (augmented before they came here) in several of the given folders. */
function copyWarnings({ images, presplit }: Dataset): DatasetWarning[] {
  if (!presplit) return [];
  const bySource = groupBy(
    images.filter(({ group }) => group?.startsWith("copy ")),
    ({ group }) => group,
  );
  const apart = [...bySource.values()].filter((same) => new Set(same.map(({ part }) => part)).size > 1);
  if (apart.length === 0) return [];
  const example = nameFew(apart.slice(0, 1).map((same) => samePaths({ by: "look", images: same })));
  return [
    {
      code: "copies-across-parts",
      message: `${counted(apart.length, "photo")} ${verb(apart.length, "has", "have")} changed copies in more than one of the given train, validation and test folders, so their score flatters the model: ${example}`,
    },
  ];
}

/** Why a class is on one side: all its images belong together. */
function whyOneSided({ labels, images }: Dataset, oneSided: readonly string[]): string {
  const groups = oneSided.map((label) => {
    const own = images.filter((image) => labels[image.label] === label);
    const names = new Set(own.map(({ group }) => group));
    return own.length > 1 && names.size === 1 ? [...names][0] : undefined;
  });
  const [group] = groups;
  return group === undefined ? "" : ` (its images all belong together, as ${group.replace(/^copy /, "")})`;
}

function classWarnings(dataset: Dataset, split: Split | null): DatasetWarning[] {
  const { labels, images } = dataset;
  const warnings: DatasetWarning[] = [];
  const labelOf = new Map(images.map(({ hash, label }) => [hash, label]));
  const held = new Set(split?.validation.map((hash) => labelOf.get(hash)));
  const oneSided = split === null ? [] : labels.filter((_, label) => !held.has(label));
  if (oneSided.length > 0)
    warnings.push({
      code: "one-sided-class",
      message: `no validation image of ${nameFew(oneSided)}: nothing shows how well the model learns ${verb(oneSided.length, "it", "them")}${whyOneSided(dataset, oneSided)}`,
    });
  const counts = countClasses(dataset);
  const few = labels.filter((_, label) => (counts[label] ?? 0) < FEW_IMAGES);
  if (few.length > 0)
    warnings.push({
      code: "few-images",
      message: `fewer than ${FEW_IMAGES} images of ${nameFew(few.map((label) => `${quotedText(label)} (${counts[labels.indexOf(label)]})`))}: expect poor results, and scores that jump about`,
    });
  const ratio = Math.max(...counts) / Math.min(...counts);
  if (ratio >= IMBALANCE_RATIO)
    warnings.push({
      code: "imbalance",
      message: `the largest class has ${ratio.toFixed(1)} times the images of the smallest; class weights "balanced" help`,
    });
  return warnings;
}

/**
 * What the owner of the images should know of a split of them (null when it cannot be drawn); `findDuplicates`'s result may
 * be given when it is there already.
 */
export function splitWarnings(
  dataset: Dataset,
  split: Split | null,
  duplicates: readonly DuplicateGroup[] = findDuplicates(dataset),
): readonly DatasetWarning[] {
  return [
    ...duplicateWarnings(split, duplicates),
    ...copyWarnings(dataset),
    ...classWarnings(dataset, split),
  ];
}

/** All there is to say: how the data set was read, what is broken, and `splitWarnings`. */
export function datasetWarnings(
  dataset: Dataset,
  split: Split | null,
  duplicates?: readonly DuplicateGroup[],
): readonly DatasetWarning[] {
  const { broken, notes } = dataset;
  const unreadable: DatasetWarning[] =
    broken.length === 0
      ? []
      : [
          {
            code: "broken-files",
            message: `${counted(broken.length, "broken file")} left out: ${nameFew(broken.map(({ path, reason }) => `${path} (${reason})`))}`,
          },
        ];
  return [...notes, ...unreadable, ...splitWarnings(dataset, split, duplicates)];
}
