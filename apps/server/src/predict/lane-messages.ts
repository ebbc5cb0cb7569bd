/** What a thread that computes beside others and its process say to each other; both are this program. */
import type { Model, SerializedError, TrunkRow } from "@graft/core";

export interface LaneSettings {
  readonly home: string;
  /** Id of the engine. */
  readonly backend: string;
  readonly threads: number;
}

export type LaneTask =
  /** The model's arrays are copied. */
  | { readonly type: "open"; readonly trunk: number; readonly model: Model; readonly features: boolean }
  | { readonly type: "run"; readonly trunk: number; readonly images: readonly Uint8Array[] }
  | { readonly type: "close"; readonly trunk: number }
  /** The thread ends. */
  | { readonly type: "end" };

export interface LaneOrder {
  readonly id: number;
  readonly task: LaneTask;
}

export type LaneReply =
  /** @property rows of a run. */
  | { readonly id: number; readonly type: "done"; readonly rows: readonly TrunkRow[] }
  | { readonly id: number; readonly type: "failed"; readonly error: SerializedError };
