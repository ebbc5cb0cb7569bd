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
