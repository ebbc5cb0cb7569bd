import { type Clock, newId } from "../ports/clock.ts";
import { inPages } from "../ports/in-pages.ts";
import type { Jobs } from "../ports/jobs.ts";
import type { SearchRepository } from "../ports/repository.ts";
import type { SearchRow } from "../ports/search-rows.ts";
import { UNDER_WAY } from "../runs/run-state.ts";

/**
 * Puts a search into the line.
 * @param options.isFirst it was never there: its job has its own id, so that who submits it twice submits it once.
 */
export async function submitSearch(
  jobs: Jobs,
  { id, owner, kind, config: { backend } }: SearchRow,
  { isFirst, request }: { readonly isFirst: boolean; readonly request?: string },
): Promise<void> {
  await jobs.submit({
    ...{ id: isFirst ? id : newId(), kind, subject: id, owner },
    ...(typeof backend === "string" ? { backend } : {}),
    ...(request === undefined ? {} : { request }),
  });
}

/**
 * Gives every search under way that has no job (its server was killed between the two) a job again, and ends those that were to
 * stop. Two servers that do it at once have one done twice, which changes nothing of its result.
 */
export async function reconcileSearches(parts: {
  readonly searches: SearchRepository;
  readonly jobs: Jobs;
  readonly clock: Clock;
}): Promise<void> {
  const { searches, jobs, clock } = parts;
  const rows = await inPages((request) => searches.page({ ...request, states: UNDER_WAY }));
  // looked at after the rows: the job of one that was made meanwhile is there
  const known = new Set((await jobs.list()).map(({ subject }) => subject));
  for (const row of rows) {
    if (known.has(row.id)) continue;
    if (row.isStopAsked)
      await searches.update(row.id, { state: "cancelled", endedAt: clock(), progress: null }, UNDER_WAY);
    else await submitSearch(jobs, row, { isFirst: (await jobs.get(row.id)) === undefined });
  }
}
