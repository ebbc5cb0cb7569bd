import type { TrunkWeights } from "@graft/core";
import { BUNDLED_RANGE, readBundled } from "../../packages/core/src/trunk/bundled-node.ts";

let loading: Promise<TrunkWeights> | undefined;

export function realWeights(): Promise<TrunkWeights> {
  loading ??= readBundled().then(({ tensors, manifest }) => ({
    source: "bundled",
    origin: manifest.origin,
    sha256: manifest.sha256,
    inputRange: BUNDLED_RANGE,
    tensors,
  }));
  return loading;
}
