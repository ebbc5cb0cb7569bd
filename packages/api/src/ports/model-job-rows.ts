/** Rows of work over finished models, as `rows.ts`. */
import type { Columns, ExportFormat, Part } from "@graft/core";
import type { WorkRow } from "./work-rows.ts";

/** Each is a job's kind, too. */
export const MODEL_JOB_KINDS = ["evaluate", "explain", "export"] as const;
export type ModelJobKind = (typeof MODEL_JOB_KINDS)[number];

/** How a model is scored; see `EvaluateRequest`. */
export interface ScoringAsked {
  readonly part?: Part | "all" | undefined;
  readonly precisionTarget?: number | undefined;
  readonly splitGap: boolean;
  /** Write a page of it. */
  readonly page: boolean;
}

/** What is asked of a model, by kind. */
export type ModelJobAsked =
  | ({ readonly kind: "evaluate" } & ScoringAsked)
  /** Pictures of the run's data set; null: all that were held back. */
  | { readonly kind: "explain"; readonly images: readonly string[] | null }
  | { readonly kind: "export"; readonly format: ExportFormat; readonly columns?: Columns | undefined };

/** Work over a finished run's model that outlives whoever asked for it. It goes with its run, data set and upload. */
export interface ModelJobRow extends WorkRow {
  readonly kind: ModelJobKind;
  readonly run: string;
  /** That it looks at the pictures of; null: it looks at an upload's, or at none in particular. */
  readonly dataset: string | null;
  /** Whose pictures are evaluated. */
  readonly upload: string | null;
  readonly asked: ModelJobAsked;
  /** Blob of the list of an upload's pictures (`SentList`, `models/sent-evaluation.ts`). */
  readonly sent: string | null;
  /** Blob of what came of it, where that is no file of the run and no row: of an evaluation. */
  readonly result: string | null;
}

/** How much each place of a picture speaks for a class that a model said. */
export interface HeatMapRow {
  readonly run: string;
  readonly image: string;
  /** The model's answer, by name. */
  readonly label: string;
  /** [height][width], at least 0, from the top left. */
  readonly rows: readonly (readonly number[])[];
}
