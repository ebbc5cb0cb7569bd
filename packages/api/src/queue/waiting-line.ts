import type { Clock } from "../ports/clock.ts";
import type { Jobs } from "../ports/jobs.ts";
import type { WorkerRepository } from "../ports/repository.ts";
import { type Waiting, whyWaiting } from "./why-waiting.ts";

/** Where something stands in the line, and why. */
export interface InLine {
  /** From 1. */
  readonly place: number;
  readonly waiting: Waiting;
}

/** What waits, by what it is about: a run, a search, a model job, an upload. Shards are not among it: whose they are does not wait. */
export async function waitingLine({
  jobs,
  workers,
  clock,
}: {
  readonly jobs: Pick<Jobs, "list">;
  readonly workers: Pick<WorkerRepository, "list">;
  readonly clock: Clock;
}): Promise<ReadonlyMap<string, InLine>> {
  const waiting = (await jobs.list()).filter(({ kind, state }) => state === "waiting" && kind !== "extract");
  if (waiting.length === 0) return new Map();
  const rows = await workers.list();
  const now = clock();
  return new Map(
    waiting.map((job) => [job.subject, { place: job.place ?? 1, waiting: whyWaiting(job, rows, now) }]),
  );
}
