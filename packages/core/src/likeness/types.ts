import type { CutLayer } from "../trunk/cut-layers.ts";

/** How many pictures of something else a model says are like nothing it learned from. */
export interface ForeignShare {
  /** Of what: "emoji". */
  readonly name: string;
  readonly images: number;
  readonly flagged: number;
}

/**
 * What a model knows of how far pictures may be from its training, beside the directions themselves. In graft.json under
 * `likeness`; the numbers are int8 [directions, channels of all layers] in likeness.bin, each direction to be divided by its
 * length.
 */
export interface LikenessFacts {
  /** Blocks of the trunk whose mean over height and width is looked at, in the order of the numbers. */
  readonly layers: readonly CutLayer[];
  readonly directions: number;
  /** A picture whose distance, in [0, 1], is above it is like nothing that was learned from. */
  readonly threshold: number;
  /** Share of the held-back images that stay at or below it. */
  readonly keptShare: number;
  /** Training images that the directions were learned from. */
  readonly trainingImages: number;
  /** Images that no number was learned from, which the threshold is taken from. */
  readonly heldBack: number;
  /** Absent when those pictures are in the data set themselves, or none were at hand. */
  readonly foreign?: ForeignShare;
}

/** What a training learned of its images for this. */
export interface Likeness {
  readonly facts: LikenessFacts;
  /** [directions, channels] */
  readonly directions: Int8Array<ArrayBuffer>;
}
