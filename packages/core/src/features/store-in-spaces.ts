import type { FeatureSpace, FeatureStore } from "./types.ts";

/** A store as somebody sees it whose spaces are others of it. @param spaceOf the store's space that one of his is. */
export function storeInSpaces(
  store: FeatureStore,
  spaceOf: (space: FeatureSpace) => FeatureSpace,
): FeatureStore {
  return {
    getMany: (space, keys) => store.getMany(spaceOf(space), keys),
    hasMany: (space, keys) => store.hasMany(spaceOf(space), keys),
    putMany: (space, rows) => store.putMany(spaceOf(space), rows),
    lease: (space) => store.lease(spaceOf(space)),
  };
}
