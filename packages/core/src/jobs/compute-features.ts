import type { TrainConfig } from "../config/config.ts";
import { counted } from "../dataset/count-words.ts";
import { CoreError } from "../errors.ts";
import { extractFeatures } from "../features/extract.ts";
import type { ExtractProgress } from "../features/extract-options.ts";
import type { FeatureStore, FeatureTable } from "../features/types.ts";
import { nameFew } from "../name-few.ts";
import { visibleText } from "../visible-text.ts";
import { type FeaturesConfig, featureExtraction } from "./feature-extraction.ts";
import { describeFeatures, type FeaturesDescription } from "./features-description.ts";
import { datasetNotes, type JobNote } from "./open-dataset.ts";
import type { OpenedImages, OpenedUnlabelled, Workspace } from "./workspace.ts";

/** Images that the host has as pixels: they go in as they are, and are not likely to come again. */
export interface GivenPixels extends OpenedImages {
  /** Side in pixels. */
  readonly size: number;
}

export interface ComputeFeaturesOptions {
  /** A data set's name, or that of images of no class; or pixels. */
  readonly source: string | GivenPixels;
  readonly config: FeaturesConfig & Pick<TrainConfig, "labelsFrom">;
  /** One vector an image, or the whole block. */
  readonly pool: "avg" | "none";
  /** Hears what people should know of images that were opened by their name, before any goes through the network. */
  readonly onOpened?: (notes: readonly JobNote[]) => void;
  /** Hears why features are not kept, which stops nothing. */
  readonly onNote?: (note: JobNote) => void;
  readonly onProgress?: (progress: ExtractProgress) => void;
}

export interface ComputedFeatures {
  /** [n, c] or [n, h, w, c]; read while the workspace is open, as rows may lie in its cache. */
  readonly table: FeatureTable;
  readonly description: FeaturesDescription;
}

/** Images and how they become pixels, wherever they are from. */
interface Source extends GivenPixels {
  readonly labels: readonly string[] | null;
  /** What is computed of them is worth keeping. */
  readonly mayComeAgain: boolean;
}

type Needs = Pick<
  Workspace,
  "decodeAhead" | "features" | "loadWeights" | "openDataset" | "openUnlabelled" | "selectBackend" | "signal"
>;

/**
 * Computes what the trunk says of each image, for search, clustering or other classifiers.
 * @throws CoreError as `Workspace.openUnlabelled`, `openDataset`, `selectBackend`, `loadWeights` and as `extractFeatures`; a
 * cache that cannot be used is a note.
 */
export async function computeFeaturesJob(
  workspace: Needs,
  options: ComputeFeaturesOptions,
): Promise<ComputedFeatures> {
  const { config, pool, onNote, onProgress } = options;
  const { images, prepare, labels, size, mayComeAgain } = await openSource(workspace, options);
  const { backend } = await workspace.selectBackend(config.backend);
  const weights = await workspace.loadWeights(config);
  const asked = featureExtraction({
    ...{ images: { images, prepare }, pool, weights, backend },
    config: { ...config, size },
  });
  const table = await extractFeatures({
    ...{ ...asked, decodeAhead: workspace.decodeAhead, signal: workspace.signal },
    store: mayComeAgain ? await storeOrNote(workspace, onNote) : null,
    onStoreFull: ({ message }) => onNote?.({ code: "store-full", message }),
    ...(onProgress ? { onProgress } : {}),
  });
  return { table, description: describeFeatures({ labels, images, weights, space: asked.space }) };
}

/** Null, with a note, where there can be no cache: what was asked for lies elsewhere. */
async function storeOrNote(
  workspace: Needs,
  onNote: ComputeFeaturesOptions["onNote"],
): Promise<FeatureStore | null> {
  try {
    return await workspace.features();
  } catch (error) {
    if (!(error instanceof CoreError)) throw error;
    const message = `the features are not kept for next time. ${error.message}`;
    onNote?.({ code: "no-store", message });
    return null;
  }
}

async function openSource(
  workspace: Needs,
  { source, config: { size, labelsFrom }, onOpened }: ComputeFeaturesOptions,
): Promise<Source> {
  if (typeof source !== "string") return { ...source, labels: null, mayComeAgain: false };
  // who says where the labels are means classes
  const plain = labelsFrom === undefined ? await workspace.openUnlabelled(source) : undefined;
  if (plain) {
    onOpened?.(unlabelledNotes(plain));
    return { images: plain.images, prepare: plain.prepare, labels: null, mayComeAgain: true, size };
  }
  const { dataset, prepare } = await workspace.openDataset(source, { labelsFrom });
  onOpened?.(datasetNotes(dataset));
  return { images: dataset.images, prepare, labels: dataset.labels, mayComeAgain: true, size };
}

function unlabelledNotes({ broken, notes, isUnclear }: OpenedUnlabelled): JobNote[] {
  const named = nameFew(broken.map(({ path, reason }) => `${visibleText(path)} (${reason})`));
  const leftOut = {
    code: "left-out",
    message: `${counted(broken.length, "broken image")} left out: ${named}`,
  };
  const message = "the rows have no labels, because the folders are not clearly classes";
  const unclear = { code: "unclear-classes", message };
  return [...(broken.length > 0 ? [leftOut] : []), ...notes, ...(isUnclear ? [unclear] : [])];
}
