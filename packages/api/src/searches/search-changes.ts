import type { SearchRepository } from "../ports/repository.ts";
import { pause } from "../runs/patient.ts";
import { isUnderWay } from "../runs/run-state.ts";
import { eventOf, type SearchEvent } from "./search-view.ts";

/** So late at most is heard what another server stored. */
const POLL_MS = 1000;

/** An event and what it is known by: two that say the same have the same id. */
export interface SearchNews {
  readonly id: string;
  readonly event: SearchEvent;
}

const idOf = ({ state, progress }: SearchEvent): string =>
  progress ? `${state} ${progress.phase} ${progress.done}/${progress.total}` : state;

/** Tells who follows a search how far it is: at once what happens here, a second late what happens on another server. */
export class SearchChanges {
  readonly #searches: SearchRepository;
  readonly #wakes = new Map<string, Set<AbortController>>();

  constructor(searches: SearchRepository) {
    this.#searches = searches;
  }

  /** The search's row is another. */
  changed(search: string): void {
    for (const wake of this.#wakes.get(search) ?? []) wake.abort();
  }

  /**
   * How far a search is, whenever that changes, until it is over or removed, or the signal is aborted.
   * @param options.lastId of what was heard last, which is not told again.
   */
  async *follow(
    search: string,
    options: { readonly lastId?: string | undefined; readonly signal?: AbortSignal | undefined },
  ): AsyncGenerator<SearchNews> {
    const { signal } = options;
    let { lastId } = options;
    while (!signal?.aborted) {
      // what changes while the row is read is heard, too
      using wake = this.#listen(search);
      const row = await this.#searches.get(search);
      if (!row) return;
      const event = eventOf(row);
      const id = idOf(event);
      if (id !== lastId) yield { id, event };
      lastId = id;
      if (!isUnderWay(row.state)) return;
      await pause(POLL_MS, signal ? AbortSignal.any([signal, wake.signal]) : wake.signal);
    }
  }

  #listen(search: string): Disposable & { readonly signal: AbortSignal } {
    const controller = new AbortController();
    const wakes = this.#wakes.get(search) ?? new Set();
    this.#wakes.set(search, wakes.add(controller));
    return {
      signal: controller.signal,
      [Symbol.dispose]: () => {
        wakes.delete(controller);
        if (wakes.size === 0 && this.#wakes.get(search) === wakes) this.#wakes.delete(search);
      },
    };
  }
}
