import { CoreError, isCancelled, serializeError } from "../errors.ts";
import type { EventMaker } from "../events/event-maker.ts";
import type { RunEndEvent } from "../events/events.ts";
import type { TrainResult } from "../train/types.ts";
import type { Workspace } from "./workspace.ts";

/** The end of a training before its first step: its result, and its last event. */
export interface EarlyEnd {
  readonly end: TrainResult;
  readonly event: RunEndEvent;
}

/**
 * @param given.startedAt of the job, by the workspace's clock.
 * @param given.backend its id, when one was chosen.
 */
export function earlyEnd(
  error: unknown,
  { signal, clock }: Pick<Workspace, "signal" | "clock">,
  given: { readonly events: EventMaker; readonly startedAt: number; readonly backend?: string },
): EarlyEnd {
  const isStop = signal.aborted && error instanceof CoreError && error.code === "cancelled";
  const status = isStop ? (isCancelled(signal) ? "cancelled" : "interrupted") : "failed";
  const end = { status, epochs: 0, error: serializeError(error) } as const;
  const seconds = (clock() - given.startedAt) / 1000;
  const event = given.events.make({ type: "run-end", ...end, seconds, backend: given.backend ?? "" });
  return { end, event };
}
