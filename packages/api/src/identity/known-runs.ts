import type { Clock } from "../ports/clock.ts";
import type { Repository } from "../ports/repository.ts";
import type { RunRow } from "../ports/rows.ts";
import { KeptBriefly } from "./kept-briefly.ts";

const MAX_KEPT = 500;

const isOver = ({ state, hasModel }: RunRow): boolean => state === "completed" && hasModel;

/**
 * Runs that are over and have a model (`KeptBriefly`): a model that is asked a hundred times a second is one row, and nothing but
 * its removal changes it. A run of any other kind is read whenever it is asked for.
 */
export class KnownRuns {
  readonly #kept: KeptBriefly<RunRow>;
  readonly #runs: Pick<Repository["runs"], "get">;

  constructor(runs: Pick<Repository["runs"], "get">, clock: Clock) {
    this.#runs = runs;
    this.#kept = new KeptBriefly(clock, MAX_KEPT);
  }

  get(id: string): Promise<RunRow | undefined> {
    return this.#kept.get(id, () => this.#runs.get(id), { isKept: isOver });
  }

  /** Runs were removed: what is read from now on is read again. */
  forget(): void {
    this.#kept.forget();
  }
}
