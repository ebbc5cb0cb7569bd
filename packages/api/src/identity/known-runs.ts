import type { Clock } from "../ports/clock.ts";
import type { Repository } from "../ports/repository.ts";
import type { RunRow } from "../ports/rows.ts";

interface Kept {
  readonly row: RunRow;
  readonly readAt: number;
  readonly generation: number;
}

/** How long another server may not hear that a run was deleted. */
const TRUSTED_MS = 1000;
const MAX_KEPT = 500;

/**
 * Runs that are over and have a model, each read at most once a second: a model that is asked a hundred times a second is one
 * row, and nothing but its removal changes it. What this process removes it forgets at once. A run of any other kind is read
 * whenever it is asked for.
 */
export class KnownRuns {
  readonly #kept = new Map<string, Kept>();
  readonly #runs: Pick<Repository["runs"], "get">;
  readonly #clock: Clock;
  #generation = 0;

  constructor(runs: Pick<Repository["runs"], "get">, clock: Clock) {
    this.#runs = runs;
    this.#clock = clock;
  }

  async get(id: string): Promise<RunRow | undefined> {
    const now = this.#clock();
    const generation = this.#generation;
    const kept = this.#kept.get(id);
    if (kept?.generation === generation && now >= kept.readAt && now - kept.readAt < TRUSTED_MS)
      return kept.row;
    this.#kept.delete(id);
    const row = await this.#runs.get(id);
    if (row?.state !== "completed" || !row.hasModel) return row;
    this.#kept.set(id, { row, readAt: now, generation });
    for (const oldest of [...this.#kept.keys()].slice(0, -MAX_KEPT)) this.#kept.delete(oldest);
    return row;
  }

  /** Runs were removed: what is read from now on is read again. */
  forget(): void {
    this.#generation++;
  }
}
