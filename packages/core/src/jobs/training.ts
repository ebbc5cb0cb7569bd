import type { SelectedBackend } from "../backend/selection.ts";
import type { RunRecordChange } from "../runs/run-record.ts";
import type { StoredRun } from "../runs/types.ts";
import type { TrainResult } from "../train/types.ts";
import type { TrunkWeights } from "../trunk/types.ts";
import type { OpenedDataset } from "./workspace.ts";

/** A run and all that it needs, opened. */
export interface Training {
  readonly run: StoredRun;
  readonly opened: OpenedDataset;
  readonly weights: TrunkWeights;
  readonly selected: SelectedBackend;
  /** Where the model goes. @default the run's own place */
  readonly out?: string | undefined;
  /** A model that is there may be replaced. */
  readonly mayReplace: boolean;
  /** What the run's record says of that from now on. */
  readonly change?: Pick<RunRecordChange, "out" | "force">;
}

/** How a job of training ended. */
export interface TrainingEnd extends TrainResult {
  /** What was opened, as far as it came. */
  readonly training?: Training;
}
