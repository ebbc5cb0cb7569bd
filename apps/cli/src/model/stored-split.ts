import type { ModelManifest, Split } from "@graft/core";
import { modelRun } from "./model-run.ts";

/** The split that a model was trained with, when its run is still in this home and is the one that made the model. */
export async function storedSplit(
  home: string,
  manifest: Pick<ModelManifest, "run" | "splitHash">,
): Promise<Split | undefined> {
  return (await modelRun(home, manifest))?.split;
}
