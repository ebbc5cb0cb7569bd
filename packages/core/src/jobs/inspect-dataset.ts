import type { TrainConfig } from "../config/config.ts";
import { type DatasetReport, describeDataset } from "../dataset/report.ts";
import { drawSplit } from "../dataset/split.ts";
import type { Dataset, Split } from "../dataset/types.ts";
import { CoreError } from "../errors.ts";
import { readingOf } from "./open-dataset.ts";
import type { Workspace } from "./workspace.ts";

export interface InspectDatasetOptions {
  /** The data set's name. */
  readonly dataset: string;
  /** How it is read and split. */
  readonly config: Parameters<typeof readingOf>[0] & Pick<TrainConfig, "seed" | "valSplit">;
}

/** What a training would be given, and everything about it that a person should know first. */
export interface InspectedDataset {
  readonly report: DatasetReport;
  /** Why a training would refuse it, which hides nothing: the report tells of all but the split. */
  readonly refusal: CoreError | undefined;
}

/**
 * Looks at a data set as a training would.
 * @throws CoreError as `Workspace.openDataset`.
 */
export async function inspectDatasetJob(
  workspace: Pick<Workspace, "openDataset">,
  { dataset: name, config }: InspectDatasetOptions,
): Promise<InspectedDataset> {
  const { dataset } = await workspace.openDataset(name, readingOf(config));
  const split = splitOrRefusal(dataset, config);
  return split instanceof CoreError
    ? { report: describeDataset(dataset, null), refusal: split }
    : { report: describeDataset(dataset, split), refusal: undefined };
}

function splitOrRefusal(
  dataset: Dataset,
  { seed, valSplit }: InspectDatasetOptions["config"],
): Split | CoreError {
  try {
    return drawSplit(dataset, { seed, fraction: valSplit });
  } catch (error) {
    if (error instanceof CoreError && error.code === "bad-input") return error;
    throw error;
  }
}
