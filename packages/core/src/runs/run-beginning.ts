import * as z from "zod";
import type { Split } from "../dataset/types.ts";
import type { ErrorParts } from "../errors.ts";
import type { RunRecord } from "./run-record.ts";

/** An image as it was when the run began. */
export interface StartImage {
  readonly path: string;
  /** Its class; absent where an older graft did not note it and the path does not tell. */
  readonly label?: string;
}

/** What a run noted of itself when it began, wherever its host keeps that. */
export interface RunBeginning {
  readonly record: Pick<RunRecord, "id" | "config" | "weights" | "dataset" | "began">;
  readonly split: Split;
  /** By hash; empty where it was not noted, or can no longer be read. */
  readonly images: ReadonlyMap<string, StartImage>;
}

/** What a run began with that is no longer so: an error's parts, `what` going on after "The run … cannot go on: ". */
export type Difference = ErrorParts & Required<Pick<ErrorParts, "fix">>;

const labelsSchema = z.array(z.string());

/** The class names that a run began with, in their order; undefined where they were not noted. */
export function startLabels({
  began,
  dataset,
}: Pick<RunRecord, "began" | "dataset">): readonly string[] | undefined {
  // an older graft had them among what it showed
  return began?.labels ?? labelsSchema.safeParse(dataset?.labels).data;
}

/**
 * The class that a path tells of: an older graft noted paths alone, and took classes from folders alone. Undefined where no
 * folder of the path is named after a class, or more than one is.
 */
export function labelInPath(path: string, labels: readonly string[]): string | undefined {
  const folders = path.split("/").slice(0, -1);
  const named = folders.map((folder) => folder.normalize("NFC")).filter((folder) => labels.includes(folder));
  const [label, ...others] = new Set(named);
  return others.length === 0 ? label : undefined;
}
