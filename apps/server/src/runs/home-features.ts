import type { KeptFeatures } from "@graft/api";
import { cacheFolders, forgetFeatures } from "@graft/core/node";

/** Features that a home's cache keeps of pictures. */
export const homeFeatures = (home: string): KeptFeatures => ({
  async forget(hashes) {
    await forgetFeatures(cacheFolders(home).features, hashes);
  },
});
