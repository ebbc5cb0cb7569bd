import type { ImageFormat } from "../image/types.ts";
import { countClasses, type DatasetWarning, datasetWarnings, findAcrossParts } from "./dataset-warnings.ts";
import { type DuplicateGroup, findConflicts, findDuplicates } from "./duplicates.ts";
import { groupBy } from "./groups.ts";
import type { BrokenFile, Dataset, DatasetImage, Part, SkippedFile, Split } from "./types.ts";

export interface ClassReport {
  readonly label: string;
  /** Files, equal ones each. */
  readonly images: number;
  /** Different contents. */
  readonly unique: number;
  /** Contents in each part of the split. */
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

export interface Range {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** One picture at several places. */
export interface DuplicateReport {
  /** "content": the same bytes; "look": looks the same (see `groupLookAlikes`). */
  readonly by: "content" | "look";
  readonly paths: readonly string[];
  /** Class of each path. */
  readonly labels: readonly string[];
  /** Given part of each path; absent in a data set without such folders. */
  readonly parts?: readonly (Part | undefined)[];
}

/** What `graft inspect` shows: plain JSON. */
export interface DatasetReport {
  /** Folder, archive or set name as given. */
  readonly source: string;
  /** Usable image files. */
  readonly images: number;
  /** Different contents among them. */
  readonly unique: number;
  /** Of all usable image files. */
  readonly bytes: number;
  /** The data set brings train / validation / test folders. */
  readonly presplit: boolean;
  readonly classes: readonly ClassReport[];
  /** Pixels, after EXIF orientation. */
  readonly width: Range;
  readonly height: Range;
  /** Files of each format. */
  readonly formats: Partial<Record<ImageFormat, number>>;
  /** Files with the same bytes, as groups of paths; each counts once in the split. */
  readonly exactDuplicates: readonly (readonly string[])[];
  /** Images that look the same, as groups of paths; kept on one side of a drawn split. */
  readonly nearDuplicates: readonly (readonly string[])[];
  /** One picture under two labels. By content: in no part of the split. By look: to be checked. */
  readonly conflicts: readonly DuplicateReport[];
  /** One picture in several of the given folders: kept as given, and the score is too good by them. */
  readonly acrossParts: readonly DuplicateReport[];
  readonly imbalance: {
    /** Contents of the largest class to those of the smallest. */
    readonly ratio: number;
    readonly largest: string;
    readonly smallest: string;
  };
  /** null for a data set that cannot be trained on as it is (`drawSplit` says why). */
  readonly split: null | {
    readonly kind: Split["kind"];
    readonly seed: number;
    readonly fraction: number;
    readonly train: number;
    readonly validation: number;
    readonly test: number;
  };
  readonly broken: readonly BrokenFile[];
  readonly skipped: readonly SkippedFile[];
  readonly warnings: readonly DatasetWarning[];
}

function rangeOf(values: readonly number[]): Range {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
  return { min: at(0), median: at(0.5), max: at(1) };
}

function classReports(dataset: Dataset, split: Split | null): readonly ClassReport[] {
  const { labels, images } = dataset;
  const unique = countClasses(dataset);
  const labelOf = new Map(images.map(({ hash, label }) => [hash, label]));
  const count = (part: Part): ReadonlyMap<number | undefined, readonly string[]> =>
    groupBy(split?.[part] ?? [], (hash) => labelOf.get(hash));
  const [train, validation, test] = [count("train"), count("validation"), count("test")];
  const files = groupBy(images, ({ label }) => label);
  return labels.map((name, label) => ({
    label: name,
    images: files.get(label)?.length ?? 0,
    unique: unique[label] ?? 0,
    train: train.get(label)?.length ?? 0,
    validation: validation.get(label)?.length ?? 0,
    test: test.get(label)?.length ?? 0,
  }));
}

/**
 * Everything about a data set and its split that a person should see before training.
 * @param split null when it cannot be drawn: the report tells of all else, conflicts above all.
 */
export function describeDataset(dataset: Dataset, split: Split | null): DatasetReport {
  const { source, images, labels, presplit, broken, skipped } = dataset;
  const duplicates = findDuplicates(dataset);
  const pathsBy = (by: DuplicateGroup["by"]): readonly (readonly string[])[] =>
    duplicates.filter((group) => group.by === by).map((group) => group.images.map(({ path }) => path));
  const report = ({ by, images: same }: DuplicateGroup): DuplicateReport => ({
    by,
    paths: same.map(({ path }) => path),
    labels: same.map(({ label }) => labels[label] ?? ""),
    ...(presplit ? { parts: same.map(({ part }: DatasetImage) => part) } : {}),
  });
  const classes = classReports(dataset, split);
  const bySize = classes.toSorted((a, b) => b.unique - a.unique);
  const [largest, smallest] = [bySize[0], bySize.at(-1)];
  return {
    source,
    images: images.length,
    unique: new Set(images.map(({ hash }) => hash)).size,
    bytes: images.reduce((sum, image) => sum + image.bytes, 0),
    presplit,
    classes,
    width: rangeOf(images.map(({ facts }) => facts.width)),
    height: rangeOf(images.map(({ facts }) => facts.height)),
    formats: Object.fromEntries(
      [...groupBy(images, ({ facts }) => facts.format)].map(([format, same]) => [format, same.length]),
    ),
    exactDuplicates: pathsBy("content"),
    nearDuplicates: pathsBy("look"),
    conflicts: findConflicts(duplicates).map(report),
    acrossParts: findAcrossParts(duplicates).map(report),
    imbalance: {
      ratio: (largest?.unique ?? 0) / (smallest?.unique || 1),
      largest: largest?.label ?? "",
      smallest: smallest?.label ?? "",
    },
    split: split && {
      kind: split.kind,
      seed: split.seed,
      fraction: split.fraction,
      train: split.train.length,
      validation: split.validation.length,
      test: split.test.length,
    },
    broken,
    skipped,
    warnings: datasetWarnings(dataset, split, duplicates),
  };
}
