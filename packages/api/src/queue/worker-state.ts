import type { WorkerRow } from "../ports/keeping-rows.ts";

export const WORKER_STATES = ["starting", "idle", "working", "quiet", "other-version"] as const;
export type WorkerState = (typeof WORKER_STATES)[number];

/** Nothing was heard of a worker for so long: it is quiet, and soon gone. */
const QUIET_MS = 20_000;
/** Its row is of a server that was killed, or it was sent away long ago. */
const GONE_MS = 5 * 60_000;

export const isGone = ({ heardAt }: WorkerRow, now: number): boolean => now - heardAt > GONE_MS;

/** @param now milliseconds since 1970 */
export function workerState({ state, heardAt, job }: WorkerRow, now: number): WorkerState {
  if (state === "refused") return "other-version";
  if (now - heardAt > QUIET_MS) return "quiet";
  if (state === "starting") return "starting";
  return job === null ? "idle" : "working";
}
