import { isAbsolute } from "node:path";
import { CoreError, splitHash as hashOfSplit, type ModelManifest } from "@graft/core";
import { openRunStore, type RunFolder } from "@graft/core/node";

/** Folder of the images that a run was trained on; undefined for a set that is known by name. */
export function trainingFolder(run: RunFolder | undefined): string | undefined {
  const location = run?.record.dataset?.location;
  return typeof location === "string" && isAbsolute(location) ? location : undefined;
}

/** The run that made a model, when it is still in this home. */
export async function modelRun(
  home: string,
  { run: id, splitHash }: Pick<ModelManifest, "run" | "splitHash">,
): Promise<RunFolder | undefined> {
  try {
    const run = await openRunStore(home).open(id);
    return (await hashOfSplit(run.split)) === splitHash ? run : undefined;
  } catch (error) {
    // a model goes where its run does not
    if (error instanceof CoreError) return undefined;
    throw error;
  }
}
