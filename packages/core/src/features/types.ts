import type { Augmentation } from "../config/config.ts";
import type { DecoderId } from "../image/decoder-version.ts";
import type { ImageRule } from "../image/types.ts";

/** All that a feature depends on but the image's own bytes: two equal spaces give equal features for one image. */
export interface FeatureSpace {
  /** Not of the rule: a model made with an older decoder is used with this one. */
  readonly decoder: DecoderId;
  readonly rule: ImageRule;
  readonly weights: string;
  readonly inputRange: readonly [number, number];
  /** The last layer that ran: a cut layer, or the one below a tail. */
  readonly cut: string;
  /** "avg": the global average over height and width is stored instead of the whole block. */
  readonly pool: "none" | "avg";
  readonly augmentation: Augmentation | null;
  readonly cacheType: "float32" | "float16";
  readonly backend: string;
  readonly engineVersion: string;
  /** Of features that an int8 trunk made: `calibrationId` of what it was calibrated on. Absent: float32. */
  readonly calibration?: string;
}

/** One entry: an image in one augmentation variant (0 when there is no augmentation). */
export interface FeatureKey {
  readonly hash: string;
  readonly variant: number;
}

/** Features of a list of images, read by position. */
export interface FeatureTable {
  /** Shape of one row: [height, width, channels], or [channels] when pooled. */
  readonly rowShape: readonly number[];
  readonly numRows: number;
  /** Copies the rows at these positions, in this order, into `out` (positions.length · product(rowShape) floats). */
  read(positions: readonly number[], out: Float32Array): Promise<void>;
}

/** An entry with its numbers. */
export interface FeatureRow {
  readonly key: FeatureKey;
  readonly row: Float32Array;
}

/** Keeps features between runs. Many rows a call: one message over a wire, one write on a disk. */
export interface FeatureStore {
  /**
   * @returns one for each key, in their order; undefined where the entry is absent, or its checksum is wrong (it is then
   *   dropped and computed again). The arrays are the caller's.
   */
  getMany(space: FeatureSpace, keys: readonly FeatureKey[]): Promise<readonly (Float32Array | undefined)[]>;
  /** True for each key that `getMany` would find, as far as is known without reading it. */
  hasMany(space: FeatureSpace, keys: readonly FeatureKey[]): Promise<readonly boolean[]>;
  /**
   * Need not keep a row, e.g. when all room is taken by live runs. The rows are the caller's again when the promise settles.
   * @throws CoreError `disk-full`; rows of the same call may then have been kept.
   */
  putMany(space: FeatureSpace, rows: readonly FeatureRow[]): Promise<void>;
  /** Nothing of this space is given up until the lease is disposed of or its holder ends. */
  lease(space: FeatureSpace): Promise<AsyncDisposable>;
}
