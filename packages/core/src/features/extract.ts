import type { Program } from "../backend.ts";
import type { DatasetImage } from "../dataset/types.ts";
import { type CoreError, throwIfCancelled } from "../errors.ts";
import type { PrepareImage } from "../train/types.ts";
import type { FeatureTap } from "./compute-rows.ts";
import { Extraction } from "./extraction.ts";
import type { FeatureStore, FeatureTable } from "./types.ts";

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

/** Of one tap, the program's output "features". */
export interface ExtractOptions extends Omit<ExtractTapsOptions, "taps">, Omit<FeatureTap, "output"> {}

/**
 * The trunk's features of a list of images, from the store where it has them, else computed and stored; an image of which
 * one tap's row is missing goes through the trunk once, for all taps. Decoding runs beside the trunk (compute-rows.ts has
 * the pipeline and its bounds).
 *
 * With cacheType float16 the rows of the table are rounded like the stored ones, so a first run and a second one read
 * the same numbers.
 *
 * @returns one table for each tap, in their order.
 * @throws CoreError `cancelled`: what was computed until then is in the store, and a next call goes on from there; as
 * `prepare` when there is no `onBroken`; `backend`; `limit` when a table that must be in memory does not fit.
 */
export async function extractTaps(options: ExtractTapsOptions): Promise<readonly FeatureTable[]> {
  throwIfCancelled(options.signal);
  const extraction = new Extraction(options);
  const missing = await extraction.takeStored();
  extraction.report();
  await extraction.compute(missing);
  // also when the last batch was what it was cancelled in: the caller wants to stop
  throwIfCancelled(options.signal);
  return extraction.tables;
}

/** {@link extractTaps} for one layer. */
export async function extractFeatures({
  space,
  rowShape,
  ...options
}: ExtractOptions): Promise<FeatureTable> {
  const [table] = await extractTaps({ ...options, taps: [{ output: "features", space, rowShape }] });
  if (!table) throw new TypeError("one tap gives one table");
  return table;
}
