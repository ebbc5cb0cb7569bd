import { UnderWay } from "../concurrency/under-way.ts";
import type { TrainConfig } from "../config/config.ts";
import { imagesOfPart } from "../dataset/images-of-part.ts";
import type { DatasetImage } from "../dataset/types.ts";
import type { NextShard, Shard } from "../features/shard.ts";
import { locationOf, readingOf } from "../jobs/open-dataset.ts";
import { weightsOfRun } from "../jobs/resume-training.ts";
import type { OpenedDataset, Workspace } from "../jobs/workspace.ts";
import { likenessImages } from "../train/likeness-images.ts";
import { imagesOfShard } from "../train/shard-rows.ts";
import type { TrunkWeights } from "../trunk/types.ts";

/**
 * A run that workers help with, opened by their host: each is sent the images of its shards alone. A list of all images for each
 * of twenty helpers took the host ten seconds of a run of 24,000, in which none of them computed anything.
 */
export interface HelpedRunOfHost {
  readonly config: TrainConfig;
  readonly weights: TrunkWeights;
  readonly opened: OpenedDataset;
  readonly learnsLikeness: boolean;
  /** What a helper needs to know of a shard beside it. */
  imagesOf(shard: Shard): Pick<NextShard, "images" | "sampled">;
}

async function open(workspace: Workspace, id: string): Promise<HelpedRunOfHost> {
  const run = await workspace.runs.open(id);
  const { record, split } = run;
  const { config, datasetName } = record;
  const opened = await workspace.openDataset(locationOf(run) ?? datasetName, readingOf(config));
  const weights = await workspace.loadWeights(weightsOfRun(run));
  const images = {
    train: imagesOfPart(opened.dataset, split, "train"),
    validation: imagesOfPart(opened.dataset, split, "validation"),
  };
  const likeness = likenessImages({ config }, images);
  const sample = { train: new Set(likeness.train), validation: new Set(likeness.validation) };
  return {
    ...{ config, weights, opened, learnsLikeness: likeness.taps.length > 0 },
    imagesOf(shard) {
      const some: readonly DatasetImage[] = imagesOfShard(images, shard);
      const sampled = some.flatMap((image, at) => (sample[shard.part].has(image) ? [at] : []));
      return { images: some, sampled };
    },
  };
}

/** Of each host's workspace. */
const opening = new WeakMap<Workspace, UnderWay<HelpedRunOfHost>>();

/** Helpers come all at once, when a run offers its shards: it is opened once for them. @throws CoreError as the workspace. */
export function openHelpedRun(workspace: Workspace, id: string): Promise<HelpedRunOfHost> {
  const known = opening.get(workspace) ?? new UnderWay<HelpedRunOfHost>();
  opening.set(workspace, known);
  return known.share(id, () => open(workspace, id));
}
