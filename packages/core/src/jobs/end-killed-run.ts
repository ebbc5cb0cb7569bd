import { type CoreError, serializeError } from "../errors.ts";
import { createEventMaker } from "../events/event-maker.ts";
import type { RunEndEvent } from "../events/events.ts";
import { recordOfEnd } from "../runs/run-record.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Writes the end of a run whose worker was killed into its log and record: "interrupted", with the epochs that a checkpoint
 * holds. One that told its end before it was killed keeps that.
 * @param error what is said of the worker.
 * @throws CoreError `not-found` for a run that was not made yet, `conflict` while somebody else goes on with it.
 */
export async function endKilledRun(
  { runs, now }: Pick<Workspace, "runs" | "now">,
  id: string,
  error: CoreError,
): Promise<RunEndEvent> {
  const run = await runs.open(id);
  await using _lock = await run.lock();
  const events = await run.readEvents();
  const last = events.at(-1);
  if (last?.type === "run-end") return last;
  const kept = events.findLast((event) => event.type === "checkpoint");
  const start = events.findLast((event) => event.type === "run-start");
  const event = createEventMaker({ run: id, firstSeq: (last?.seq ?? -1) + 1, now }).make({
    ...{ type: "run-end", status: "interrupted", epochs: kept?.epoch ?? 0, error: serializeError(error) },
    ...(kept?.step === undefined ? {} : { steps: kept.step }),
    seconds: last && start ? Math.max(0, last.time - start.time) / 1000 : 0,
    backend: start?.backend ?? "",
  });
  await run.appendEvent(event);
  await run.updateRecord(recordOfEnd(event));
  return event;
}
