import type { FeatureKey, FeatureSpace, FeatureStore } from "./types.ts";

/** What a store does with one row at a time. */
export interface RowStore {
  get(space: FeatureSpace, key: FeatureKey): Promise<Float32Array | undefined>;
  /** @default asked by `get` */
  has?(space: FeatureSpace, key: FeatureKey): Promise<boolean>;
  put(space: FeatureSpace, key: FeatureKey, row: Float32Array): Promise<void>;
}

/** A {@link FeatureStore} of one that knows single rows alone; its leases hold nothing, as it gives nothing up. */
export function oneByOne(store: RowStore): FeatureStore {
  const has = async (space: FeatureSpace, key: FeatureKey): Promise<boolean> =>
    store.has ? store.has(space, key) : (await store.get(space, key)) !== undefined;
  return {
    getMany: (space, keys) => Promise.all(keys.map((key) => store.get(space, key))),
    hasMany: (space, keys) => Promise.all(keys.map((key) => has(space, key))),
    putMany: async (space, rows) => {
      await Promise.all(rows.map(({ key, row }) => store.put(space, key, row)));
    },
    lease: async () => ({ [Symbol.asyncDispose]: async () => undefined }),
  };
}
