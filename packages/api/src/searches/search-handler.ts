import {
  CoreError,
  type SearchProgress,
  type SearchResult,
  type SearchWork,
  serializeError,
  type WorkerHost,
} from "@graft/core";
import type { Clock } from "../ports/clock.ts";
import type { Job, JobContext } from "../ports/jobs.ts";
import type { SearchChange, SearchRepository } from "../ports/repository.ts";
import type { SearchRow } from "../ports/search-rows.ts";
import { patiently } from "../runs/patient.ts";
import { isUnderWay, UNDER_WAY } from "../runs/run-state.ts";
import type { SearchChanges } from "./search-changes.ts";

/** Workers that a search may take with it. */
const MOST_LOST = 4;
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
  readonly #changes: SearchChanges;
  readonly #clock: Clock;

  constructor(parts: {
    readonly searches: SearchRepository;
    readonly changes: SearchChanges;
    readonly clock: Clock;
  }) {
    this.#searches = parts.searches;
    this.#changes = parts.changes;
    this.#clock = parts.clock;
  }

  /** @throws CoreError as a `JobHandler`: `cancelled` when the host ends, `backend` when the worker is gone. */
  readonly handle = async (job: Job, context: SearchContext): Promise<void> => {
    const { worker, signal, isForHost } = context;
    const row = await this.#searches.get(job.subject);
    if (!row || !isUnderWay(row.state)) return;
    const { id } = row;
    if (row.isStopAsked || (signal.aborted && !isForHost())) return this.#over(id, { state: "cancelled" });
    const begins = { state: "running", worker, startedAt: row.startedAt ?? this.#clock() } as const;
    if (!(await this.#update(id, begins))) return;
    let result: SearchResult;
    try {
      result = await this.#search(row, context);
    } catch (error) {
      if (signal.aborted && !isForHost()) return this.#over(id, { state: "cancelled" });
      const isGone = error instanceof CoreError && error.code === "backend" && job.attempts + 1 < MOST_LOST;
      if (!signal.aborted && !isGone) {
        await this.#over(id, { state: "failed", error: serializeError(error) });
        // what graft says no with is told; a defect is for the log, too
        if (error instanceof CoreError) return;
        throw error;
      }
      await this.#update(id, { state: "queued", progress: null });
      throw signal.aborted
        ? new CoreError("cancelled", { what: "The host ends; the search is done again later." })
        : error;
    }
    await this.#over(id, { state: "completed", result });
  };

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

  async #update(id: string, change: SearchChange): Promise<boolean> {
    const isThere = await patiently(() => this.#searches.update(id, change, UNDER_WAY));
    this.#changes.changed(id);
    return isThere;
  }

  async #over(id: string, change: SearchChange): Promise<void> {
    await this.#update(id, { ...change, progress: null, endedAt: this.#clock() });
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
