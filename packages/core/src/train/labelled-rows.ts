import type { DatasetImage } from "../dataset/types.ts";
import type { FeatureTable } from "../features/types.ts";

/** The features and classes of a list of images. */
export interface LabelledRows {
  readonly table: FeatureTable;
  /** The table's row of each image. */
  readonly positions: readonly number[];
  /** The class of each image. */
  readonly labels: readonly number[];
}

/** Numbers in one row. */
export function rowLength({ rowShape }: FeatureTable): number {
  return rowShape.reduce((product, dim) => product * dim, 1);
}

/**
 * The rows of images in a table that holds them image by image, without those that could not be read.
 * @param options.variant which of the `variants` copies of each image. @default the only one
 */
export function readableRows(
  table: FeatureTable,
  images: readonly DatasetImage[],
  options: {
    readonly broken: Pick<ReadonlySet<DatasetImage>, "has">;
    readonly variants?: number;
    readonly variant?: number;
  },
): LabelledRows {
  const { broken, variants = 1, variant = 0 } = options;
  const kept = images.flatMap((image, at) => (broken.has(image) ? [] : [{ at, label: image.label }]));
  return {
    table,
    positions: kept.map(({ at }) => at * variants + variant),
    labels: kept.map(({ label }) => label),
  };
}
