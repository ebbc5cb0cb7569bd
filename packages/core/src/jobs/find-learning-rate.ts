import type { TrainConfig } from "../config/config.ts";
import { sweptFeatures, tapKey } from "../sweep/features.ts";
import { type FoundRate, findRate } from "../sweep/find-rate.ts";
import { openSweepData, type SweepDataHost, type SweepDataRequest } from "./open-sweep-data.ts";

export interface FindLearningRateOptions extends Pick<SweepDataRequest, "dataset" | "onDataset"> {
  readonly config: TrainConfig;
  /** Images whose features are there. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Called when the features are there and the test begins. */
  readonly onTesting?: () => void;
}

/**
 * Finds a learning rate for a head: its loss over growing rates, on features that are computed once.
 * @throws CoreError as `openSweepData`, `sweptFeatures` and `findRate`.
 */
export async function findLearningRateJob(
  workspace: SweepDataHost,
  { dataset: name, config, onDataset, onProgress, onTesting }: FindLearningRateOptions,
): Promise<FoundRate> {
  const data = await openSweepData(workspace, { dataset: name, config, cut: config.cut, onDataset });
  const { backend, dataset, signal, split } = data;
  const total = split.train.length + split.validation.length;
  const features = await sweptFeatures([config], data, (part, done) =>
    onProgress?.((part === "train" ? 0 : split.train.length) + done, total),
  );
  const ofConfig = features.get(tapKey(config));
  if (!ofConfig) throw new TypeError("the config has its features");
  onTesting?.();
  return findRate(config, ofConfig, { backend, numClasses: dataset.labels.length, signal });
}
