/** Rows of work that one job of the queue does: what searches and model jobs share. */
import type { SerializedError } from "@graft/core";

/** As a run's; there is nothing that one which was stopped could be gone on from. */
export const WORK_STATES = ["queued", "running", "completed", "failed", "cancelled"] as const;
export type WorkState = (typeof WORK_STATES)[number];

/** How far it is. */
export interface WorkProgress {
  readonly done: number;
  readonly total: number;
}

export interface WorkRow {
  readonly id: string;
  readonly owner: string;
  /** The job's kind, too. */
  readonly kind: string;
  readonly state: WorkState;
  /** Its owner wants it to stop. */
  readonly isStopAsked: boolean;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Null but while it is worked on. */
  readonly progress: WorkProgress | null;
  readonly error: SerializedError | null;
  /** Worker that has it, or had it last. */
  readonly worker: string | null;
}

/** What changes of any such row. */
export type WorkChange = Partial<
  Pick<WorkRow, "state" | "isStopAsked" | "startedAt" | "endedAt" | "error" | "worker">
> & { readonly progress?: null };
