import { CoreError, type TrainEvent } from "@graft/core";
import type { Access } from "../identity/access.ts";
import type { Caller } from "../identity/identity.ts";
import type { RunRepository } from "../ports/repository.ts";
import { CurveDrawing, type PhaseCurve } from "./curve.ts";
import type { RunEvents } from "./run-events.ts";

/** What runs tell, to those who may hear it. */
export class EventService {
  readonly #runs: RunRepository;
  readonly #access: Access;
  readonly #events: RunEvents;

  constructor(options: {
    readonly runs: RunRepository;
    readonly access: Access;
    readonly events: RunEvents;
  }) {
    this.#runs = options.runs;
    this.#access = options.access;
    this.#events = options.events;
  }

  /**
   * A run's events, each once and in order, those together that come together, after the one that was seen last; it ends when nobody works on the run any more.
   * @param options.lastEventId number of that event. @default all
   * @throws CoreError `not-found`, `bad-input`, before the first event is asked for.
   */
  async follow(
    caller: Caller,
    run: string,
    options: { readonly lastEventId?: string | null | undefined; readonly signal?: AbortSignal | undefined },
  ): Promise<AsyncGenerator<readonly TrainEvent[]>> {
    const { lastEventId, signal } = options;
    await this.#access.run(caller, run);
    const after = lastEventId === undefined || lastEventId === null ? -1 : numberOf(lastEventId);
    return this.#events.follow(run, { after, signal });
  }

  /** Some stored events, from the one after `after` on. @throws CoreError `not-found`. */
  async log(
    caller: Caller,
    { run, ...request }: { readonly run: string; readonly after: number; readonly limit: number },
  ): Promise<readonly TrainEvent[]> {
    await this.#access.run(caller, run);
    return this.#runs.events(run, request);
  }

  /** What is drawn of a run, no list longer than `most`. @throws CoreError `not-found`. */
  async curve(
    caller: Caller,
    { run, most }: { readonly run: string; readonly most: number },
  ): Promise<{ readonly lastSeq: number; readonly phases: readonly PhaseCurve[] }> {
    await this.#access.run(caller, run);
    const drawing = new CurveDrawing();
    let lastSeq = -1;
    for await (const events of this.#events.all(run))
      for (const event of events) {
        drawing.add(event);
        lastSeq = event.seq;
      }
    return { lastSeq, phases: drawing.phases(most) };
  }
}

function numberOf(id: string): number {
  if (/^\d{1,9}$/.test(id)) return Number(id);
  throw new CoreError("bad-input", {
    what: "This is no number of an event.",
    received: JSON.stringify(id),
    expected: "what a run's events have as their id",
  });
}
