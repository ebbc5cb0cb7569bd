import * as z from "zod";
import type { DatasetImage } from "../dataset/types.ts";

const place = z.int().min(0);
const TRAINED_TAPS = ["features", "tail"] as const;
/** Taps that a head or a tail is trained on. */
export type TrainedTap = (typeof TRAINED_TAPS)[number];

/** A piece of a run's features that one worker computes: images of one side of the split, in the split's order. */
export const shardSchema = z.strictObject({
  part: z.enum(["train", "validation"]),
  /** The first image's place on that side, and the place after the last one's. */
  from: place,
  to: place,
  /** What the run trains on; what its likeness looks at comes with it. */
  taps: z.array(z.enum(TRAINED_TAPS)).min(1),
});
export type Shard = z.infer<typeof shardSchema>;

/** What a worker may do next. */
export interface NextShard {
  /** Absent: none waits now. */
  readonly shard?: Shard | undefined;
  /** The shard's, for a helper, which has not opened the data set. */
  readonly images?: readonly DatasetImage[];
  /** Places among these of images that the likeness looks at. */
  readonly sampled?: readonly number[];
  /** Shards of the run that are not done, the given one among them; 0 tells a helper to end. */
  readonly open: number;
}

/** Where workers find shards of a run: its own worker offers them, and pulls them one by one as its helpers do. */
export interface ShardBoard {
  /** Other workers whose features of this backend are the same to the last bit, and go to the same store. */
  helpers(backend: string): Promise<number>;
  /** In place of those that were offered before and that nobody has begun. */
  offer(backend: string, shards: readonly Shard[]): Promise<void>;
  /**
   * The one that was given before is done. The run's own worker hears again when another number is open, until none is; a
   * helper is given one, or none.
   */
  next(): Promise<NextShard>;
}
