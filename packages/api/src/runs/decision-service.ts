import type { Access } from "../identity/access.ts";
import { type Caller, notThere } from "../identity/identity.ts";
import { type Clock, newId } from "../ports/clock.ts";
import type { RunRepository } from "../ports/repository.ts";
import type { DecisionRow } from "../ports/rows.ts";
import type { RunEvents } from "./run-events.ts";
import { iso } from "./run-view.ts";

export interface DecisionView {
  readonly id: string;
  readonly run: string;
  readonly kind: DecisionRow["kind"];
  readonly value: string | number | null;
  readonly at: string;
  readonly by: string;
  readonly isUndone: boolean;
}

/** What is decided about runs after they were made: rows of their own, with who and when, each undone and redone at any time. */
export class DecisionService {
  readonly #runs: RunRepository;
  readonly #access: Access;
  readonly #events: RunEvents;
  readonly #clock: Clock;

  constructor(options: {
    readonly runs: RunRepository;
    readonly access: Access;
    readonly events: RunEvents;
    readonly clock: Clock;
  }) {
    this.#runs = options.runs;
    this.#access = options.access;
    this.#events = options.events;
    this.#clock = options.clock;
  }

  /** @param value null takes it away. @throws CoreError `not-found`. */
  async decide(
    caller: Caller,
    decided: { readonly run: string } & Pick<DecisionRow, "kind" | "value">,
  ): Promise<DecisionView> {
    const row = await this.#access.run(caller, decided.run);
    const decision: DecisionRow = {
      ...{ ...decided, id: newId(), dataset: row.dataset, at: await this.#now(row.dataset) },
      ...{ by: caller.identity.account.id, isUndone: false },
    };
    await this.#runs.decide(decision);
    this.#events.changed(row.id);
    return viewOf(decision);
  }

  /** Newest first, of the run's whole project. @throws CoreError `not-found`. */
  async list(caller: Caller, run: string): Promise<readonly DecisionView[]> {
    const { dataset } = await this.#access.run(caller, run);
    return (await this.#runs.decisions(dataset)).map(viewOf);
  }

  /** Undoes a decision, or does it again. @throws CoreError `not-found`. */
  async undo(
    caller: Caller,
    {
      run,
      decision: id,
      isUndone,
    }: { readonly run: string; readonly decision: string; readonly isUndone: boolean },
  ): Promise<DecisionView> {
    const row = await this.#access.run(caller, run);
    const decision = (await this.#runs.decisions(row.dataset)).find((one) => one.id === id);
    if (decision?.run !== run) throw notThere("decision", id);
    if (decision.isUndone !== isUndone) await this.#runs.undoDecision(id, isUndone);
    this.#events.changed(row.id);
    return viewOf({ ...decision, isUndone });
  }

  /** Later than the newest: two in one millisecond keep their order. */
  async #now(dataset: string): Promise<number> {
    const [newest] = await this.#runs.decisions(dataset);
    return Math.max(this.#clock(), (newest?.at ?? 0) + 1);
  }
}

function viewOf({ dataset: _, at, ...decision }: DecisionRow): DecisionView {
  return { ...decision, at: iso(at) };
}
