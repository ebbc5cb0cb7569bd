import { CoreError, splitHash as hashOfSplit, type ModelManifest, type Split } from "@graft/core";
import { openRunStore } from "@graft/core/node";

/** The split that a model was trained with, when its run is still in this home and is the one that made the model. */
export async function storedSplit(
  home: string,
  { run, splitHash }: Pick<ModelManifest, "run" | "splitHash">,
): Promise<Split | undefined> {
  try {
    const { split } = await openRunStore(home).open(run);
    return (await hashOfSplit(split)) === splitHash ? split : undefined;
  } catch (error) {
    // a model goes where its run does not: no split is known then
    if (error instanceof CoreError) return undefined;
    throw error;
  }
}
