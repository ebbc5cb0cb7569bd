import { CoreError, throwIfCancelled } from "../errors.ts";
import { extractFeatures } from "../features/extract.ts";
import type { ExtractProgress } from "../features/extract-options.ts";
import type { FeatureKey, FeatureSpace, FeatureStore } from "../features/types.ts";
import type { WeightsInfo } from "../trunk/types.ts";
import { type FeaturesConfig, featureExtraction } from "./feature-extraction.ts";
import type { Workspace } from "./workspace.ts";

export interface KeepFeaturesOptions {
  /** A data set's name; its pictures are in classes. */
  readonly dataset: string;
  readonly config: FeaturesConfig;
  /** One vector an image, or the whole block. */
  readonly pool: "avg" | "none";
  readonly onProgress?: (progress: ExtractProgress) => void;
}

/** Where the rows of a data set's images are: one for each, variant 0, under the image's hash. */
export interface KeptTable {
  readonly numRows: number;
  /** [channels], or [height, width, channels]. */
  readonly rowShape: readonly number[];
  readonly space: FeatureSpace;
  readonly weights: WeightsInfo;
}

type Needs = Pick<
  Workspace,
  "decodeAhead" | "features" | "loadWeights" | "openDataset" | "selectBackend" | "signal"
>;

/** Keys that a store is asked for together. */
const KEYS_AT_ONCE = 1000;

/** A cache may pass rows over when live runs need all of it. */
const noRoom = (missing: number): CoreError =>
  new CoreError("disk-full", {
    what: "The cache of features has no room for these.",
    received: `${missing} rows that it did not keep`,
    fix: "Wait until trainings there are over, free some room, or use pooled features.",
  });

/** A store that keeps every row that it is given, or says that it has no room. */
const keepingAll = (store: FeatureStore): FeatureStore => ({
  getMany: (space, keys) => store.getMany(space, keys),
  hasMany: (space, keys) => store.hasMany(space, keys),
  lease: (space) => store.lease(space),
  async putMany(space, rows) {
    await store.putMany(space, rows);
    await checkKept(
      store,
      space,
      rows.map(({ key }) => key),
    );
  },
});

async function checkKept(
  store: FeatureStore,
  space: FeatureSpace,
  keys: readonly FeatureKey[],
): Promise<void> {
  const are = await store.hasMany(space, keys);
  const missing = are.filter((isThere) => !isThere).length;
  if (missing > 0) throw noRoom(missing);
}

/**
 * As `computeFeaturesJob` of a data set, for who reads the numbers later and elsewhere: every row is in the workspace's cache
 * when it is done, and none is given up until then.
 * @throws CoreError `disk-full` for a cache without room for all of them; as the workspace and `extractFeatures`.
 */
export async function keepFeaturesJob(
  workspace: Needs,
  { dataset: name, config, pool, onProgress }: KeepFeaturesOptions,
): Promise<KeptTable> {
  const { decodeAhead, signal } = workspace;
  const { dataset, prepare } = await workspace.openDataset(name);
  const { images } = dataset;
  const { backend } = await workspace.selectBackend(config.backend);
  const weights = await workspace.loadWeights(config);
  const asked = featureExtraction({ images: { images, prepare }, config, pool, weights, backend });
  const { space, rowShape } = asked;
  const store = await workspace.features();
  await using _ = await store.lease(space);
  await extractFeatures({
    ...{ ...asked, decodeAhead, signal, store: keepingAll(store) },
    // nobody reads them here
    memoryBytes: 0,
    onStoreFull: (error) => {
      throw error;
    },
    ...(onProgress ? { onProgress } : {}),
  });
  const keys = images.map(({ hash }) => ({ hash, variant: 0 }));
  for (let at = 0; at < keys.length; at += KEYS_AT_ONCE) {
    throwIfCancelled(signal);
    await checkKept(store, space, keys.slice(at, at + KEYS_AT_ONCE));
  }
  const { tensors: _numbers, ...weightsInfo } = weights;
  return { numRows: images.length, rowShape, space, weights: weightsInfo };
}
