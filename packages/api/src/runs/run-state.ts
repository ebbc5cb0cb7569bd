import type { ApiRunState } from "../ports/rows.ts";

/** States of runs that somebody works on, or will by himself. */
export const UNDER_WAY = ["queued", "running"] as const satisfies readonly ApiRunState[];

export const isUnderWay = (state: ApiRunState): boolean => UNDER_WAY.some((one) => one === state);

/** States that nobody goes on from. */
export const DONE_WITH = ["completed", "cancelled"] as const satisfies readonly ApiRunState[];

/** States that a run is gone on from when its owner says so: a cancelled one was given up, a completed one is done. */
export const RESUMABLE = ["interrupted", "failed"] as const satisfies readonly ApiRunState[];
