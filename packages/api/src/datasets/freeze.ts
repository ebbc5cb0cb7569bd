import {
  byCodeUnit,
  CoreError,
  type Dataset,
  type DatasetImage,
  nameFew,
  type Part,
  type Split,
} from "@graft/core";
import type { ClassRow, DatasetRow, ImageRow } from "../ports/rows.ts";
import { splitGroups } from "./split-groups.ts";
import { conflicts, type UsedImage, usedImages } from "./split-sides.ts";

/** What a run learns from, as plain JSON: no later edit changes it. */
export interface FrozenDataset {
  /** Of the data set, when it was frozen. */
  readonly lastEdit: number;
  readonly splitVersion: number;
  /** As core's scan gives it of a folder of the same pictures: images by path, labels in the order of the classes. */
  readonly dataset: Dataset;
  readonly split: Split;
}

function hashesOf(used: readonly UsedImage[], part: Part): readonly string[] {
  const hashes = used.filter((image) => image.part === part).map(({ hash }) => hash);
  return [...new Set(hashes)].sort(byCodeUnit);
}

/** The stored sides as core's split: what is in doubt is on none. */
function splitOf(used: readonly UsedImage[], { split: rule }: DatasetRow): Split {
  const { seed, fraction, kind } = rule;
  const inDoubt = conflicts(used);
  const clear = used.filter(({ hash }) => !inDoubt.has(hash));
  const train = hashesOf(clear, "train");
  const learned = new Set(train);
  const held = hashesOf(clear, "validation");
  return {
    ...{ version: 1, kind, seed, fraction, train },
    // in given folders a content may lie on both sides, and is told of
    validation: kind === "given" ? held : held.filter((hash) => !learned.has(hash)),
    test: hashesOf(clear, "test"),
  };
}

/** @throws CoreError `bad-input`: every class that is on needs a picture to learn from, and there are two of them. */
function checkLearned(
  name: string,
  classes: readonly ClassRow[],
  used: readonly UsedImage[],
  { train }: Split,
): void {
  if (classes.length < 2)
    throw new CoreError("bad-input", {
      what: `${name} has ${classes.length === 0 ? "no class" : "one class"} to learn; at least two are needed.`,
      fix: "Add a class with pictures of it, or switch one on.",
    });
  const learned = new Set(train);
  const known = new Set(used.flatMap(({ class: of, hash }) => (learned.has(hash) ? [of] : [])));
  const missing = classes.filter(({ id }) => !known.has(id));
  if (missing.length === 0) return;
  const inDoubt = conflicts(used);
  const hasDoubt = used.some(
    ({ class: of, hash }) => inDoubt.has(hash) && missing.some(({ id }) => id === of),
  );
  throw new CoreError("bad-input", {
    what: `${name} has no picture to learn ${nameFew(missing.map((row) => row.name))} from.`,
    fix: hasDoubt
      ? "Some of its pictures lie under two classes: say for each which one it belongs to."
      : "Add pictures of it, or switch the class off.",
  });
}

/**
 * A data set as a run takes it: classes that are on, pictures that are used, the sides that are stored.
 * @param images all of the data set, dealt.
 * @throws CoreError `bad-input` for what cannot be trained on.
 */
export function freezeDataset(
  dataset: DatasetRow,
  classes: readonly ClassRow[],
  images: readonly ImageRow[],
): FrozenDataset {
  const frozen = viewDataset(dataset, classes, images);
  const on = classes.filter(({ isOff }) => !isOff);
  checkLearned(dataset.name, on, usedImages(images, classes), frozen.split);
  return frozen;
}

/** {@link freezeDataset} of whatever there is. */
export function viewDataset(
  dataset: DatasetRow,
  classes: readonly ClassRow[],
  images: readonly ImageRow[],
): FrozenDataset {
  const on = classes.filter(({ isOff }) => !isOff);
  const used = usedImages(images, classes);
  const split = splitOf(used, dataset);
  const groups = splitGroups(images, dataset.split);
  const labelOf = new Map(on.map(({ id }, label) => [id, label]));
  const hasTest = used.some(({ part }) => part === "test");
  const presplit = dataset.split.kind === "given" || hasTest;
  // where a share was drawn of the given train folder, that is where its pictures lie
  const partOf = (part: Part | null): Part =>
    dataset.split.kind === "given" ? (part ?? "train") : part === "test" ? "test" : "train";
  return {
    ...{ lastEdit: dataset.lastEdit, splitVersion: dataset.split.version, split },
    dataset: {
      source: dataset.name,
      labels: on.map(({ name }) => name),
      images: used.map(({ path, hash, class: of, bytes, facts, part }): DatasetImage => {
        const group = groups.get(path);
        return {
          ...{ path, hash, label: labelOf.get(of) ?? -1, bytes, facts },
          ...(presplit ? { part: partOf(part) } : {}),
          ...(group === undefined ? {} : { group }),
        };
      }),
      skipped: [],
      broken: images
        .filter(({ use }) => use === "broken")
        .map(({ path, reason }) => ({ path, code: "corrupt", reason: reason ?? "" }))
        .sort((a, b) => byCodeUnit(a.path, b.path)),
      notes: [],
      presplit,
    },
  };
}
