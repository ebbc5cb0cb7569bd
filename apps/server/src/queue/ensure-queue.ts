import type { PgBoss } from "pg-boss";
import { QUEUE, RETRIES } from "./job-table.ts";

const DAY = 24 * 60 * 60;
/** How long an ended job is kept: so long the same id stays the same job. */
const KEPT_SECONDS = 7 * DAY;
/** pg-boss would delete what waits for 14 days; a job may wait for a worker that has its backend. */
const WAITS_SECONDS = 10 * 365 * DAY;

/** A worker that tells nothing for so long has lost its job. */
export const SILENT_SECONDS = 30;

/**
 * Makes the one queue, or changes it to what this version wants. It is read first: pg-boss's statements that make and change
 * one take a tenth of a server's start, and mostly there is nothing to do.
 * @param boss started.
 */
export async function ensureQueue(boss: PgBoss, silentAfterSeconds = SILENT_SECONDS): Promise<void> {
  const wanted = {
    heartbeatSeconds: silentAfterSeconds,
    retryLimit: RETRIES,
    deleteAfterSeconds: KEPT_SECONDS,
    retentionSeconds: WAITS_SECONDS,
  } as const;
  const found = await boss.getQueue(QUEUE);
  if (!found) await boss.createQueue(QUEUE, wanted);
  else if (
    found.heartbeatSeconds !== wanted.heartbeatSeconds ||
    found.retryLimit !== wanted.retryLimit ||
    found.deleteAfterSeconds !== wanted.deleteAfterSeconds ||
    found.retentionSeconds !== wanted.retentionSeconds
  )
    await boss.updateQueue(QUEUE, wanted);
}
