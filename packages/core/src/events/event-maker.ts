import type { TrainEvent, TrainEventBody } from "./events.ts";

type Numbered = Pick<TrainEvent, "run" | "seq" | "time">;

/** Gives each event of a run its id, number and time. */
export interface EventMaker {
  /** Call it where the event is yielded: numbers follow the order of calls. */
  make<Body extends TrainEventBody>(body: Body): Body & Numbered;
}

/** @param options.firstSeq number of the first event. */
export function createEventMaker(options: {
  readonly run: string;
  readonly firstSeq: number;
  readonly now: () => number;
}): EventMaker {
  const { run, firstSeq, now } = options;
  let seq = firstSeq;
  return { make: (body) => ({ ...body, run, seq: seq++, time: now() }) };
}

/** Milliseconds between two events of one kind that tell how far the work is: ten a second look smooth. */
export const EVENT_INTERVAL_MS = 100;

/** @returns a function that is true at most once an interval; the first call is true. */
export function createThrottle(intervalMs: number, now: () => number): () => boolean {
  let next = Number.NEGATIVE_INFINITY;
  return () => {
    const time = now();
    // a clock that was set back must not silence a run
    if (time < next && time >= next - intervalMs) return false;
    next = time + intervalMs;
    return true;
  };
}
