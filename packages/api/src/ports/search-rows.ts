/** Rows of searches, as `rows.ts`. */
import type { Part, SearchProgress, SearchResult, SweepAxes } from "@graft/core";
import type { WorkRow } from "./work-rows.ts";

/** Each is a job's kind, too. */
export const SEARCH_KINDS = ["sweep", "find-rate", "features"] as const;
export type SearchKind = (typeof SEARCH_KINDS)[number];

/** Work that makes no model: heads that are compared, the test of learning rates, features for other programs. */
export interface SearchRow extends WorkRow {
  readonly dataset: string;
  readonly kind: SearchKind;
  /**
   * Options as they were given, with the data set's share that is held back; of a sweep without what its axes have, of features
   * what they depend on.
   */
  readonly config: Readonly<Record<string, unknown>>;
  /** Null but for a sweep. */
  readonly axes: SweepAxes | null;
  /** One vector an image, or the whole block. Null but for features. */
  readonly pool: "avg" | "none" | null;
  /** Blob of the frozen images, labels and split (`runs/frozen.ts`). */
  readonly frozen: string;
  /** Frozen pictures on each side of the split. */
  readonly images: Readonly<Record<Part, number>>;
  readonly progress: SearchProgress | null;
  /** Null until it is completed. */
  readonly result: SearchResult | null;
}
