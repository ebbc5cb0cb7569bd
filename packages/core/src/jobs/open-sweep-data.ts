import type { TrainConfig } from "../config/config.ts";
import { drawSplit } from "../dataset/split.ts";
import type { Dataset } from "../dataset/types.ts";
import type { SweepData } from "../sweep/types.ts";
import type { CutLayer } from "../trunk/cut-layers.ts";
import { readingOf } from "./open-dataset.ts";
import type { Workspace } from "./workspace.ts";

/** What heads are trained on before there is a run. */
export interface SweepDataRequest {
  /** The data set as a person named it. */
  readonly dataset: string;
  /** How it is read and split, and what it goes through. */
  readonly config: TrainConfig;
  /** The last block that is needed. */
  readonly cut: CutLayer;
  /** Hears of the data set before any image goes through the network. */
  readonly onDataset?: ((dataset: Dataset) => void) | undefined;
}

export type SweepDataHost = Pick<
  Workspace,
  "decodeAhead" | "features" | "loadWeights" | "locate" | "openDataset" | "selectBackend" | "signal"
>;

/**
 * Opens what heads are trained on; everything that can be refused is refused before the first image is computed.
 * @throws CoreError as the workspace; `bad-input` for a data set that cannot be split.
 */
export async function openSweepData(
  workspace: SweepDataHost,
  { dataset: name, config, cut, onDataset }: SweepDataRequest,
): Promise<SweepData> {
  const { decodeAhead, signal } = workspace;
  const { location } = workspace.locate(name);
  const { dataset, prepare, split: given } = await workspace.openDataset(location, readingOf(config));
  onDataset?.(dataset);
  const { backend } = await workspace.selectBackend(config.backend);
  const split = given ?? drawSplit(dataset, { seed: config.seed, fraction: config.valSplit });
  const { weights: named, inputRange } = config;
  const weights = await workspace.loadWeights({ weights: named, inputRange, cut });
  const store = await workspace.features();
  return { dataset, prepare, backend, split, weights, store, decodeAhead, signal };
}
