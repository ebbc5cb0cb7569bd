import { tmpdir } from "node:os";
import type { TrunkWeights } from "@graft/core";
import { loadWeights } from "@graft/core/node";

let loading: Promise<TrunkWeights> | undefined;

/** The weights that come with the package, read once a test file. */
export function realWeights(): Promise<TrunkWeights> {
  loading ??= loadWeights({
    weights: "bundled",
    home: tmpdir(),
    env: {},
    fetch: () => Promise.reject(new Error("the bundled weights need no network")),
  });
  return loading;
}
