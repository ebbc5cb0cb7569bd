import type { EventMaker } from "../events/event-maker.ts";
import { createThrottle } from "../events/event-maker.ts";
import type { TrainEvent, TrainEventBody } from "../events/events.ts";
import { reportsOf } from "../train/reports.ts";
import type { Workspace, WorkspaceEvent } from "./workspace.ts";

/** What of a host is opened in a phase: images are scanned, or the trunk's weights are loaded. */
export type OpeningPhase = "scan" | "trunk";

/** An event of the opening as a run tells it; undefined for one that is left out, as the last came just before. */
function bodyOf(
  phase: OpeningPhase,
  event: WorkspaceEvent,
  mayReport: () => boolean,
): TrainEventBody | undefined {
  if (event.type === "notice") return { type: "note", code: "weights", message: event.message };
  const { done, total, unit } =
    event.type === "scan"
      ? { ...event, unit: "images" as const }
      : { done: event.progress.done, total: event.progress.total ?? 0, unit: "bytes" as const };
  return done === total || mayReport() ? { type: "progress", phase, done, total, unit } : undefined;
}

/**
 * A phase in which something of the host is opened, as events of a run. The host hears of it too, but for notices, which are
 * events.
 */
export async function* openingEvents<T>(
  workspace: Pick<Workspace, "signal" | "onEvent" | "clock">,
  { phase, events }: { readonly phase: OpeningPhase; readonly events: EventMaker },
  open: (onEvent: (event: WorkspaceEvent) => void) => Promise<T>,
): AsyncGenerator<TrainEvent, T> {
  yield events.make({ type: "phase-start", phase });
  const mayReport = createThrottle(events.intervalMs, workspace.clock);
  return yield* reportsOf<TrainEventBody, TrainEvent, T>(
    (report) =>
      open((event) => {
        if (event.type !== "notice") workspace.onEvent(event);
        const body = bodyOf(phase, event, mayReport);
        if (body) report(body);
      }),
    { show: (body) => events.make(body), signal: workspace.signal },
  );
}
