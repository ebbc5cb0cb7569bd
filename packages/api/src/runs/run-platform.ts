import type { Crc32, FeatureStore, TrunkWeights, WeightsRequest } from "@graft/core";

/** What a host has beside its rows and blobs, for the trainings of its workers. */
export interface RunPlatform {
  /** The cache of features. @throws CoreError `disk-full`. */
  features(): Promise<FeatureStore>;
  /** @throws CoreError `not-found`, `weights-mismatch`, `offline`, `corrupt`. */
  loadWeights(request: WeightsRequest): Promise<TrunkWeights>;
  /** True when weights of that name need no download. */
  hasWeights(name: string): Promise<boolean>;
  /** For models' records: `{ graft: "0.1.0" }`. */
  readonly versions: Readonly<Record<string, string>>;
  /** A quicker one than JavaScript's. */
  readonly crc32?: Crc32;
}
