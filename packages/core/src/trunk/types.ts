/** Where weights come from. `file` and `url` carry their address in `WeightsInfo.origin`. */
export type WeightsSource = "bundled" | "imagenet" | "file" | "url";

export interface WeightsInfo {
  readonly source: WeightsSource;
  /** Path, URL or package that they were read from, for people. */
  readonly origin: string;
  /**
   * sha256 over the trunk's tensors in table order (name, shape, little-endian float32 bytes): equal numbers give an
   * equal hash whatever file format they came in.
   */
  readonly sha256: string;
  /** Range that the weights expect of pixels: 0 → first, 255 → second. */
  readonly inputRange: readonly [number, number];
}

export interface WeightTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * InceptionV3's weights under the public Keras file's names: `conv2d_1/kernel` [h, w, in, out] …,
 * `batch_normalization_1/beta`, `…/moving_mean`, `…/moving_variance` [channels] …, 94 of each.
 */
export interface TrunkWeights extends WeightsInfo {
  readonly tensors: ReadonlyMap<string, WeightTensor>;
}
