import type { Program } from "../backend/backend.ts";
import type { PrepareImage } from "../dataset/prepare-image.ts";
import type { DatasetImage } from "../dataset/types.ts";
import type { CoreError } from "../errors.ts";
import type { FeatureTap } from "./compute-rows.ts";
import type { FeatureStore } from "./types.ts";

/** All counts are rows of the table. */
export interface ExtractProgress {
  /** Ready: found in the store or computed. */
  readonly done: number;
  readonly total: number;
  /** Of these, how many the trunk made; files of equal content count once each. */
  readonly computed: number;
}

export interface ExtractTapsOptions {
  readonly images: readonly DatasetImage[];
  /** A row for each image × variant, image-major: row = i · variants.length + k. [0] without an augmentation. */
  readonly variants: readonly number[];
  /** What is wanted, by pass of the trunk together; all of one image rule and augmentation. */
  readonly taps: readonly FeatureTap[];
  /** null: nothing is kept, all rows live in memory. */
  readonly store: FeatureStore | null;
  readonly prepare: PrepareImage;
  /** Images that may be prepared at once, a few for each decoding thread. */
  readonly decodeAhead: number;
  /**
   * Compiles the trunk: input "images" uint8 [batch, size, size, 3], an output [batch, …rowShape] for each tap. Called when
   * the first row is missing, so a set whose features are all stored costs no trunk work at all. Disposed of here.
   */
  readonly openProgram: () => Promise<Program>;
  /** `backend.limits.preferredBatch`; every run of the trunk has this size. */
  readonly batch: number;
  /** Of each table. Rows beyond this live in the store and are read when asked for; those that no store keeps stay in memory. @default 512 MB */
  readonly memoryBytes?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ExtractProgress) => void;
  /**
   * Told of every image that cannot be prepared; its rows are NaN and are not stored, so that a caller who forgets to
   * drop them sees a loss that is no number instead of a wrong model.
   * @default such an image's error is thrown
   */
  readonly onBroken?: (image: DatasetImage, error: CoreError) => void;
  /** Told once when the store can take no more (disk full, not writable); extraction then goes on without storing. */
  readonly onStoreFull?: (error: CoreError) => void;
}
