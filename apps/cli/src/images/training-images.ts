import { existsSync } from "node:fs";
import {
  type Backend,
  CoreError,
  type Dataset,
  type DatasetImage,
  FEWEST_TO_COMPARE,
  type KeptFeatures,
  keptFeatures,
  type Model,
  type OpenedDataset,
  readingOf,
  type TrainingReference,
} from "@graft/core";
import { cacheFolders, type RunFolder } from "@graft/core/node";
import type { Session } from "../session/session.ts";

/** Images that a head was trained on with where their pixels come from, or why there are none. */
export type TrainingImages = TrainingReference | { readonly reason: string };

export interface TrainingImagesOptions {
  readonly model: Model;
  readonly backend: Backend;
  /** What is evaluated. */
  readonly opened: OpenedDataset;
  /** The run that made the model. */
  readonly run: RunFolder | undefined;
}

/**
 * Finds the images that a model was trained on by content: in the data set that is evaluated, else in the one that its run
 * was made from, when that is still where it was.
 */
export async function trainingImages(
  session: Session,
  { model, backend, opened, run }: TrainingImagesOptions,
): Promise<TrainingImages> {
  const known = new Set(model.manifest.trainedOn);
  const find = ({ images }: Dataset): readonly DatasetImage[] => images.filter(({ hash }) => known.has(hash));
  const here = find(opened.dataset);
  const reference = async (images: readonly DatasetImage[], { prepare }: OpenedDataset) => {
    const kept = await keptIn(session, model, backend);
    return { images, prepare, ...(kept ? { kept } : {}) };
  };
  if (here.length >= FEWEST_TO_COMPARE) return reference(here, opened);
  const record = run?.record;
  const location = record?.dataset?.location;
  // a folder or file only: a known set's name could start a download, which nobody asked for
  const isThere = typeof location === "string" && (location === "emoji" || existsSync(location));
  if (!isThere || record === undefined) return { reason: missingReason(here.length) };
  try {
    const trained = await session.dataset(location, readingOf(record.config));
    const there = find(trained.dataset);
    return there.length < FEWEST_TO_COMPARE
      ? { reason: missingReason(there.length) }
      : await reference(there, trained);
  } catch (error) {
    if (!(error instanceof CoreError) || error.code === "cancelled") throw error;
    return { reason: `Not known: the training's data set cannot be opened (${error.message})` };
  }
}

/** The cache, when there is one: where no home can be made nothing was kept. */
async function keptIn(session: Session, model: Model, backend: Backend): Promise<KeptFeatures | undefined> {
  if (!existsSync(cacheFolders(session.context.environment.home).features)) return undefined;
  try {
    return keptFeatures(model, backend, {
      store: await session.workspace.features(),
      decoder: session.workspace.pool.decoder,
    });
  } catch (error) {
    if (error instanceof CoreError) return undefined;
    throw error;
  }
}

function missingReason(found: number): string {
  const what =
    found === 0 ? "the training's images are not here" : `only ${found} of the training's images are here`;
  return `Not known: ${what}, and ${FEWEST_TO_COMPARE} are needed. Evaluate with the data set of the training to compare.`;
}
