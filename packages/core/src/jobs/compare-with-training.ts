import type { Backend } from "../backend/backend.ts";
import type { DatasetImage } from "../dataset/types.ts";
import { CoreError } from "../errors.ts";
import type { TrainingReference } from "../evaluate/evaluate.ts";
import { type KeptFeatures, keptFeatures } from "../evaluate/kept-features.ts";
import type { DecoderId } from "../image/decoder-version.ts";
import { FEWEST_TO_COMPARE } from "../metrics/training-distance.ts";
import type { Model } from "../model/types.ts";
import { locationOf, readingOf } from "./open-dataset.ts";
import type { OpenedDataset, OpenedModel, Workspace } from "./workspace.ts";

/** Why images are not compared with those of the training. */
export interface NotCompared {
  readonly code: "training-images-missing" | "training-dataset-unopened";
  /** One sentence for people. */
  readonly reason: string;
}

type Needs = Pick<
  Workspace,
  "decodeAhead" | "features" | "hasDataset" | "hasFeatures" | "openDataset" | "signal"
>;

export interface CompareWithTrainingOptions {
  readonly model: OpenedModel;
  readonly backend: Backend;
  /** What is evaluated. */
  readonly opened: OpenedDataset;
  /** Images of the training that are at hand. @default those of the run's data set, when both are here */
  readonly training?: OpenedDataset | undefined;
}

/**
 * Finds the images that a model was trained on by content: in the data set that is evaluated, else in the one that its run
 * was made from, when that is still there. Nothing is downloaded for it.
 * @throws CoreError `cancelled`.
 */
export async function compareWithTraining(
  workspace: Needs,
  { model: { model, run }, backend, opened, training }: CompareWithTrainingOptions,
): Promise<TrainingReference | NotCompared> {
  const known = new Set(model.manifest.trainedOn);
  const find = ({ dataset }: OpenedDataset) => dataset.images.filter(({ hash }) => known.has(hash));
  const reference = async (
    images: readonly DatasetImage[],
    { prepare }: OpenedDataset,
  ): Promise<TrainingReference> => {
    const kept = await keptOf(workspace, { model, backend, decoder: prepare.decoder });
    return { images, prepare, ...(kept ? { kept } : {}) };
  };
  const here = find(opened);
  if (here.length >= FEWEST_TO_COMPARE) return reference(here, opened);
  if (training) {
    const given = find(training);
    return given.length < FEWEST_TO_COMPARE ? tooFew(given.length) : reference(given, training);
  }
  const location = run && locationOf(run);
  if (run === undefined || location === undefined || !(await workspace.hasDataset(location)))
    return tooFew(here.length);
  try {
    const trained = await workspace.openDataset(location, readingOf(run.record.config));
    const there = find(trained);
    return there.length < FEWEST_TO_COMPARE ? tooFew(there.length) : await reference(there, trained);
  } catch (error) {
    if (!(error instanceof CoreError) || workspace.signal.aborted) throw error;
    return {
      code: "training-dataset-unopened",
      reason: `Not known: the training's data set cannot be opened (${error.message})`,
    };
  }
}

/** What the training left in the cache, when there is one. */
async function keptOf(
  workspace: Needs,
  {
    model,
    backend,
    decoder,
  }: { readonly model: Model; readonly backend: Backend; readonly decoder: DecoderId },
): Promise<KeptFeatures | undefined> {
  if (!(await workspace.hasFeatures())) return undefined;
  try {
    return keptFeatures(model, backend, { store: await workspace.features(), decoder });
  } catch (error) {
    if (error instanceof CoreError) return undefined;
    throw error;
  }
}

function tooFew(found: number): NotCompared {
  const what =
    found === 0 ? "the training's images are not here" : `only ${found} of the training's images are here`;
  return {
    code: "training-images-missing",
    reason: `Not known: ${what}, and ${FEWEST_TO_COMPARE} are needed. To compare, evaluate with the training's data set.`,
  };
}
