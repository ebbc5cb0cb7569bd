import { CoreError, type DatasetImage, type Part } from "@graft/core";
import { viewDataset } from "../datasets/freeze.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import type { LabelledPictures } from "../ports/predictor.ts";
import type { Repository } from "../ports/repository.ts";
import type { DatasetRow, ImageRow } from "../ports/rows.ts";

/** A data set's pictures as they are now, each with its side. */
export interface SidedPictures {
  readonly labels: readonly string[];
  readonly images: readonly DatasetImage[];
  /** Image ids by path. */
  readonly ids: ReadonlyMap<string, string>;
}

/** Those that are used, of classes that are on, readable, by path. */
export async function sidedPictures(
  { datasets, images }: Pick<Repository, "datasets" | "images">,
  row: DatasetRow,
): Promise<SidedPictures> {
  const rows: ImageRow[] = [];
  for await (const some of images.all(row.id)) rows.push(...some);
  const { dataset, split } = viewDataset(row, await datasets.classes(row.id), rows);
  const sides = new Map(
    (["train", "validation", "test"] as const).flatMap((part) =>
      split[part].map((hash): [string, Part] => [hash, part]),
    ),
  );
  return {
    labels: dataset.labels,
    images: dataset.images.map(({ part: given, ...image }) => {
      const part = sides.get(image.hash) ?? given;
      return part === undefined ? image : { ...image, part };
    }),
    ids: new Map(rows.map(({ path, id }) => [path, id])),
  };
}

/** At most so many of a list, evenly over it: every class is likely among them. */
export function spread<T>(list: readonly T[], most: number): readonly T[] {
  if (list.length <= most) return list;
  return Array.from({ length: most }, (_, i) => Math.floor((i * list.length) / most)).flatMap((at) =>
    list.slice(at, at + 1),
  );
}

/** The part that is evaluated: the asked one, else what was held back, else all. */
export function partOf(images: readonly DatasetImage[], asked: Part | "all" | undefined): Part | "all" {
  if (asked !== undefined) return asked;
  const parts = new Set(images.map(({ part }) => part));
  return parts.has("validation") ? "validation" : parts.has("test") ? "test" : "all";
}

/** For a predictor, which asks for their bytes one by one. */
export function picturesFor(
  blobs: BlobStore,
  name: string,
  { labels, images }: Pick<SidedPictures, "labels" | "images">,
): LabelledPictures {
  return { name, labels, images, read: (hash) => blobs.read(hash) };
}

/** @throws CoreError `limit`. */
export function checkEvaluated(count: number, most: number): void {
  if (count <= most) return;
  throw new CoreError("limit", {
    what: "These are too many pictures for one evaluation.",
    received: `${count} pictures`,
    expected: `at most ${most}`,
    fix: "Choose another part of the data set, or use `graft evaluate` on a machine that has the pictures.",
  });
}
