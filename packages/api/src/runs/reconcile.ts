import { type Clock, newId } from "../ports/clock.ts";
import { inPages } from "../ports/in-pages.ts";
import type { Jobs } from "../ports/jobs.ts";
import type { Repository } from "../ports/repository.ts";
import type { RunRow } from "../ports/rows.ts";
import type { RunEnding } from "./run-ending.ts";
import type { RunLocks } from "./run-lock.ts";
import { UNDER_WAY } from "./run-state.ts";

const NAME = "runs/reconcile";
const LEASE_MS = 60_000;

export interface ReconcileOptions {
  readonly repository: Pick<Repository, "runs" | "leases">;
  readonly jobs: Jobs;
  readonly ending: RunEnding;
  readonly locks: RunLocks;
  readonly clock: Clock;
}

/**
 * Gives every run under way that has no job (its server was killed between the two) a job again, and ends those that their
 * owner stopped then. To be called when a server starts, and from time to time.
 * @returns how many runs were seen to.
 */
export async function reconcileRuns(options: ReconcileOptions): Promise<number> {
  const { repository, jobs, locks, clock } = options;
  const { runs, leases } = repository;
  const holder = newId();
  const now = clock();
  // of two servers one does it
  if ((await leases.acquire(NAME, { holder, now, until: now + LEASE_MS })) !== holder) return 0;
  try {
    const rows = await inPages((request) => runs.page({ ...request, states: UNDER_WAY }));
    // looked at after the rows: the job of a run that was made meanwhile is there
    const known = new Set(
      (await jobs.list()).flatMap(({ kind, subject }) => (kind === "train" ? [subject] : [])),
    );
    const lone = rows.filter(({ id }) => !known.has(id));
    let seenTo = 0;
    for (const row of lone) if (!(await locks.isHeld(row.id)) && (await seeTo(row, options))) seenTo++;
    return seenTo;
  } finally {
    await leases.release(NAME, holder);
  }
}

/** @returns whether it needed that. */
async function seeTo({ id }: RunRow, { repository, jobs, ending }: ReconcileOptions): Promise<boolean> {
  const row = await repository.runs.get(id);
  if (!row || !UNDER_WAY.some((state) => state === row.state)) return false;
  if (row.stopAsked !== null) {
    await ending.stopped(row, row.stopAsked);
    return true;
  }
  await submitTraining(jobs, row, { isFirst: (await jobs.get(id)) === undefined });
  return true;
}

/**
 * Puts a run into the line.
 * @param options.isFirst it was never there: its first job has the run's own id, so that who submits it twice submits it once.
 */
export async function submitTraining(
  jobs: Jobs,
  { id, owner, config }: RunRow,
  { isFirst, request }: { readonly isFirst: boolean; readonly request?: string },
): Promise<void> {
  await jobs.submit({
    ...{ id: isFirst ? id : newId(), kind: "train", subject: id, owner },
    ...(config.backend === undefined ? {} : { backend: config.backend }),
    ...(request === undefined ? {} : { request }),
  });
}
