import type { TrainEvent, TrainEventBody } from "./events.ts";

type Numbered = Pick<TrainEvent, "run" | "seq" | "time">;

/** Gives each event of a run its id, number and time. */
export interface EventMaker {
  /** Milliseconds between two events of one kind that tell how far the work is. */
  readonly intervalMs: number;
  /** Call it where the event is yielded: numbers follow the order of calls. */
  make<Body extends TrainEventBody>(body: Body): Body & Numbered;
}

/** Ten a second look smooth. */
const INTERVAL_MS = 100;

/** @param options.firstSeq number of the first event. @param options.intervalMs @default 100 */
export function createEventMaker(options: {
  readonly run: string;
  readonly firstSeq: number;
  readonly now: () => number;
  readonly intervalMs?: number | undefined;
}): EventMaker {
  const { run, firstSeq, now, intervalMs = INTERVAL_MS } = options;
  let seq = firstSeq;
  return { intervalMs, make: (body) => ({ ...body, run, seq: seq++, time: now() }) };
}

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
