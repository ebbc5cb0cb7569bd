import type { SearchProgress, SearchResult, SearchWork, WorkerHost } from "@graft/core";
import type { Clock } from "../ports/clock.ts";
import type { Job, JobContext } from "../ports/jobs.ts";
import type { SearchChange, SearchRepository } from "../ports/repository.ts";
import type { SearchRow } from "../ports/search-rows.ts";
import type { RowChanges } from "../queue/row-changes.ts";
import type { RowWork } from "../queue/row-work.ts";
import { updateUnderWay } from "../queue/update-under-way.ts";

/** Between two times that its progress is stored. */
const STORE_MS = 500;

export interface SearchContext extends JobContext {
  /** The worker's. */
  readonly host: Pick<WorkerHost, "search">;
}

/**
 * Does jobs of the kinds "sweep", "find-rate" and "features" with a worker of the host. One that was cut off is begun anew: its
 * features are there by then.
 */
export class SearchHandler {
  readonly #searches: SearchRepository;
  readonly #work: RowWork<SearchRow>;
  readonly #changes: RowChanges<SearchRow>;
  readonly #clock: Clock;

  constructor(parts: {
    readonly searches: SearchRepository;
    readonly work: RowWork<SearchRow>;
    readonly changes: RowChanges<SearchRow>;
    readonly clock: Clock;
  }) {
    this.#searches = parts.searches;
    this.#work = parts.work;
    this.#changes = parts.changes;
    this.#clock = parts.clock;
  }

  /** @throws CoreError as `RowWork.handle`. */
  readonly handle = (job: Job, context: SearchContext): Promise<void> =>
    this.#work.handle(job, context, async (row) => {
      const result = await this.#search(row, context);
      await this.#update(row.id, { state: "completed", result, progress: null, endedAt: this.#clock() });
    });

  async #search(row: SearchRow, { host, signal, hasKept }: SearchContext): Promise<SearchResult> {
    const told = host.search(workOf(row), { signal });
    let storedAt = Number.NEGATIVE_INFINITY;
    let phase: SearchProgress["phase"] | undefined;
    for (;;) {
      const next = await told.next();
      if (next.done) return next.value;
      const now = this.#clock();
      const { done, total } = next.value;
      if (phase === next.value.phase && now - storedAt < STORE_MS && done < total) continue;
      [phase, storedAt] = [next.value.phase, now];
      await this.#update(row.id, { progress: next.value });
      // rows of features are what the next worker finds
      if (phase === "features" && done > 0) hasKept();
    }
  }

  #update(id: string, change: SearchChange): Promise<boolean> {
    return updateUnderWay({ rows: this.#searches, changes: this.#changes }, id, change);
  }
}

/** A search's id is its data set's name, too: what was frozen for it. */
function workOf({ id, config, axes, pool }: SearchRow): SearchWork {
  const of = { dataset: id, config: { ...config } };
  if (pool) return { kind: "features", ...of, pool };
  if (!axes) return { kind: "find-rate", ...of };
  const { recipes, sizes, cuts, learningRates, seeds } = axes;
  return {
    ...{ kind: "sweep", ...of },
    axes: {
      ...{ recipes: [...recipes], sizes: [...sizes], cuts: [...cuts] },
      ...{ learningRates: [...learningRates], seeds: [...seeds] },
    },
  };
}
