import type { DatasetImage } from "../dataset/types.ts";

/** One content, and everywhere it is: files of equal hash are computed once. */
interface RowSource {
  readonly hash: string;
  readonly images: readonly DatasetImage[];
}

/**
 * How the rows of a table (image-major: row = image · variants + variant's position) are made of slots, the rows that
 * are really computed and kept: slot = source · variants + variant's position.
 */
export interface RowPlan {
  readonly sources: readonly RowSource[];
  readonly variants: readonly number[];
  readonly numRows: number;
  readonly numSlots: number;
  slotOf(row: number): number;
}

export function planRows(images: readonly DatasetImage[], variants: readonly number[]): RowPlan {
  const byHash = new Map<string, number>();
  const groups: { hash: string; images: DatasetImage[] }[] = [];
  const sourceOf = Int32Array.from(images, (image) => {
    const known = byHash.get(image.hash);
    if (known !== undefined) {
      groups[known]?.images.push(image);
      return known;
    }
    byHash.set(image.hash, groups.length);
    return groups.push({ hash: image.hash, images: [image] }) - 1;
  });
  const each = variants.length;
  return {
    sources: groups,
    variants,
    numRows: images.length * each,
    numSlots: groups.length * each,
    slotOf: (row) => (sourceOf[Math.floor(row / each)] ?? 0) * each + (row % each),
  };
}
