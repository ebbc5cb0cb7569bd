import type { PrepareImage } from "../dataset/prepare-image.ts";
import type { DatasetImage } from "../dataset/types.ts";
import { CoreError, throwIfCancelled } from "../errors.ts";
import { evaluationImages } from "../evaluate/evaluation-images.ts";
import { isOfOneFile } from "../files/one-file-error.ts";
import { locationOf, readingOf } from "./open-dataset.ts";
import type { OpenedModel, Workspace } from "./workspace.ts";

/** Real images that an export is compared on, and where they are from. */
export interface ComparisonImages {
  /** [size, size, 3] uint8 each, through the model's image rule. */
  readonly images: readonly Uint8Array[];
  readonly description: string;
}

/** Enough that a network which is wrong anywhere says so; each costs the network three runs. */
const COUNT = 8;

type Needs = Pick<Workspace, "openDataset" | "openUnlabelled" | "signal">;

interface Chosen {
  readonly images: readonly DatasetImage[];
  readonly prepare: PrepareImage;
  /** Where they are from. */
  readonly name: string;
}

/**
 * Images of the data set that was named, else of the validation part of the model's run when its data set is still there,
 * else of the embedded emoji set.
 * @throws CoreError as the opening of a data set that was named; `bad-input` when none of its images can be read.
 */
export async function comparisonImages(
  workspace: Needs,
  model: OpenedModel,
  data: string | undefined,
): Promise<ComparisonImages> {
  if (data !== undefined) {
    const plain = await workspace.openUnlabelled(data);
    return prepared(workspace, model, plain ? { ...plain, name: data } : await ofSet(workspace, data, data));
  }
  const ofRun = await runImages(workspace, model);
  return ofRun ?? prepared(workspace, model, await ofSet(workspace, "emoji", "the embedded emoji set"));
}

async function ofSet(workspace: Needs, set: string, name: string): Promise<Chosen> {
  const { dataset, prepare } = await workspace.openDataset(set, { purpose: "score" });
  return { images: dataset.images, prepare, name };
}

/** Undefined when the run, its data set or all its validation images are gone: a model goes where they do not. */
async function runImages(workspace: Needs, model: OpenedModel): Promise<ComparisonImages | undefined> {
  const { run } = model;
  if (!run) return undefined;
  try {
    const { config, datasetName } = run.record;
    const { dataset, prepare } = await workspace.openDataset(
      locationOf(run) ?? datasetName,
      readingOf(config),
    );
    const { images } = evaluationImages(dataset, run.split, undefined);
    return await prepared(workspace, model, { images, prepare, name: "the model's run" });
  } catch (error) {
    if (!isOfOneFile(error)) throw error;
    return undefined;
  }
}

async function prepared({ signal }: Needs, { model }: OpenedModel, from: Chosen): Promise<ComparisonImages> {
  // spread over the list, so that every class is likely among them
  const count = Math.min(COUNT, from.images.length);
  const chosen = Array.from({ length: count }, (_, i) => Math.floor((i * from.images.length) / count));
  const images: Uint8Array[] = [];
  let refusal: CoreError | undefined;
  for (const at of chosen) {
    throwIfCancelled(signal);
    const image = from.images[at];
    if (!image) continue;
    try {
      images.push(...(await from.prepare(image, model.manifest.rule, null, [0])));
    } catch (error) {
      if (!isOfOneFile(error)) throw error;
      refusal = error;
    }
  }
  if (images.length > 0)
    return { images, description: `${images.length} image${images.length === 1 ? "" : "s"} of ${from.name}` };
  throw new CoreError("bad-input", {
    what: "There is no image to compare the export on.",
    received: `${from.images.length} images in ${from.name}${refusal ? `, none readable: ${refusal.message}` : ""}`,
    fix: "Give others with `data`.",
  });
}
