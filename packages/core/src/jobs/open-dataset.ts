import type { TrainConfig } from "../config/config.ts";
import type { Dataset } from "../dataset/types.ts";
import type { StoredRun } from "../runs/types.ts";
import type { OpenDatasetRequest } from "./workspace.ts";

/** Something that people should know of what was opened. */
export interface JobNote {
  readonly code: string;
  /** One sentence. */
  readonly message: string;
}

/** How a data set was read, and that files cannot be used, which stops nothing. */
export function datasetNotes({ notes, broken }: Dataset): JobNote[] {
  if (broken.length === 0) return [...notes];
  const files = broken.length === 1 ? "1 broken file is" : `${broken.length} broken files are`;
  return [...notes, { code: "broken-files", message: `${files} left out` }];
}

/** What a training's options say of how its data set is opened. */
export function readingOf({
  groupPrefix,
  labelsFrom,
}: Pick<TrainConfig, "groupPrefix" | "labelsFrom">): Pick<OpenDatasetRequest, "groupPrefix" | "labelsFrom"> {
  return { groupPrefix, labelsFrom };
}

/** What the host finds the data set of a run by; undefined for a run that did not note it. */
export function locationOf({ record }: Pick<StoredRun, "record">): string | undefined {
  const location = record.dataset?.location;
  return typeof location === "string" ? location : undefined;
}
