import type { WorkRow } from "../ports/work-rows.ts";
import { pause } from "../runs/patient.ts";
import { isUnderWay } from "../runs/run-state.ts";

/** So late at most is heard what another server stored. */
const POLL_MS = 1000;

/** What is told of work whenever one of these changes. */
export type WorkEvent<Row extends WorkRow> = Pick<Row, "state" | "progress">;

/** An event and what it is known by: two that say the same have the same id. */
export interface WorkNews<Row extends WorkRow> {
  readonly id: string;
  readonly event: WorkEvent<Row>;
}

const idOf = ({ state, progress }: WorkEvent<WorkRow>): string =>
  progress ? [state, ...Object.values(progress)].join(" ") : state;

/** Tells who follows some work how far it is: at once what happens here, a second late what happens on another server. */
export class RowChanges<Row extends WorkRow> {
  readonly #rows: { get(id: string): Promise<Row | undefined> };
  readonly #wakes = new Map<string, Set<AbortController>>();

  constructor(rows: { get(id: string): Promise<Row | undefined> }) {
    this.#rows = rows;
  }

  /** The work's row is another. */
  changed(id: string): void {
    for (const wake of this.#wakes.get(id) ?? []) wake.abort();
  }

  /**
   * How far some work is, whenever that changes, until it is over or removed, or the signal is aborted.
   * @param options.lastId of what was heard last, which is not told again.
   */
  async *follow(
    work: string,
    options: { readonly lastId?: string | undefined; readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<WorkNews<Row>> {
    const { signal } = options;
    let { lastId } = options;
    while (!signal?.aborted) {
      // what changes while the row is read is heard, too
      using wake = this.#listen(work);
      const row = await this.#rows.get(work);
      if (!row) return;
      const { state, progress } = row;
      const event = { state, progress };
      const id = idOf(event);
      if (id !== lastId) yield { id, event };
      lastId = id;
      if (!isUnderWay(state)) return;
      await pause(POLL_MS, signal ? AbortSignal.any([signal, wake.signal]) : wake.signal);
    }
  }

  #listen(work: string): Disposable & { readonly signal: AbortSignal } {
    const controller = new AbortController();
    const wakes = this.#wakes.get(work) ?? new Set();
    this.#wakes.set(work, wakes.add(controller));
    return {
      signal: controller.signal,
      [Symbol.dispose]: () => {
        wakes.delete(controller);
        if (wakes.size === 0 && this.#wakes.get(work) === wakes) this.#wakes.delete(work);
      },
    };
  }
}
