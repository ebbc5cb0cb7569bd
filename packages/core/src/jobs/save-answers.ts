import { imagesOfPart } from "../dataset/images-of-part.ts";
import { CoreError } from "../errors.ts";
import type { Model } from "../model/types.ts";
import { heldBackAnswers } from "../predict/held-back-answers.ts";
import { cachedPredictions } from "../predict/predict-cached.ts";
import type { Training } from "./training.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Has a host that wants it keep what a new model says of the images that were held back, whose features are in the cache. It
 * is not stopped: it takes a moment, and a run that is done has it. Images that cannot be read any more take nothing from a
 * model that is there.
 * @throws CoreError as `Workspace.saveAnswers`, and as `cachedPredictions` but for `unreadable`.
 */
export async function saveAnswers(
  host: Pick<Workspace, "decodeAhead" | "features" | "saveAnswers">,
  { run, opened, selected }: Training,
  model: Model,
): Promise<void> {
  const images = imagesOfPart(opened.dataset, run.split, "validation");
  if (!host.saveAnswers || images.length === 0) return;
  const said = await cachedPredictions({
    ...{ model, backend: selected.backend, images, prepare: opened.prepare, decodeAhead: host.decodeAhead },
    store: await host.features(),
  }).catch((error: unknown) => {
    if (error instanceof CoreError && error.code === "unreadable") return [];
    throw error;
  });
  if (said.length > 0) await host.saveAnswers(heldBackAnswers(said, model.manifest.labels), run);
}
