import type { TrainEvent } from "@graft/core";
import type { RunRepository } from "../ports/repository.ts";
import { EventQueue } from "./event-queue.ts";
import { patiently } from "./patient.ts";
import { READ_AT_ONCE, RunWatch } from "./run-watch.ts";

/** So late at most is heard what another server stored, before it is gathered for who follow (`run-watch.ts`). */
const POLL_MS = 1000;

/** Events on their way into the store, and what is called before they are written. */
interface Taken {
  readonly queue: EventQueue;
  check: () => void;
}

interface Watched {
  readonly watch: RunWatch;
  readonly ready: Promise<void>;
  readonly timer: ReturnType<typeof setInterval>;
  followers: number;
}

/**
 * Events of runs: stored once each, and told to who follows: at once to one, together after 2 ms a follower to many, and by
 * another server of the same store at most a second later.
 */
export class RunEvents {
  readonly #runs: RunRepository;
  readonly #pollMs: number;
  readonly #watched = new Map<string, Watched>();
  /** Of runs that are worked on here. */
  readonly #taken = new Map<string, Taken>();

  constructor(runs: RunRepository, options: { readonly pollMs?: number } = {}) {
    this.#runs = runs;
    this.#pollMs = options.pollMs ?? POLL_MS;
  }

  /** Stores events, those that are stored already but once. @throws CoreError as the repository, after a minute. */
  async append(run: string, events: readonly TrainEvent[]): Promise<void> {
    const { queue } = this.#takenOf(run);
    await queue.add(events);
    await queue.flush(events.at(-1)?.seq);
  }

  /**
   * Takes events that are stored soon, those that come meanwhile together; `flush` waits for it.
   * @param check called before they are written. @throws CoreError as the repository, of events that were taken before.
   */
  take(run: string, events: readonly TrainEvent[], check: () => void): Promise<void> {
    const taken = this.#takenOf(run);
    taken.check = check;
    return taken.queue.add(events);
  }

  /** Settles when all that was taken is stored. @throws CoreError as `append`. */
  async flush(run: string): Promise<void> {
    await this.#taken.get(run)?.queue.flush();
  }

  /** Tells who follows that the run's row is another. */
  changed(run: string): void {
    void this.#watched.get(run)?.watch.refresh();
  }

  /** Nobody works on the run here any more; what was taken and is not stored is forgotten. */
  async left(run: string): Promise<void> {
    const taken = this.#taken.get(run);
    this.#taken.delete(run);
    await taken?.queue.drop();
    this.changed(run);
  }

  /** From the first to the last, some hundreds at a time. */
  async *all(run: string, after = -1): AsyncGenerator<readonly TrainEvent[]> {
    for (let next = after; ; ) {
      const events = await this.#runs.events(run, { after: next, limit: READ_AT_ONCE });
      const last = events.at(-1);
      if (!last) return;
      yield events;
      if (events.length < READ_AT_ONCE) return;
      next = last.seq;
    }
  }

  /**
   * A run's events as they come, each once and in order, from the one after `after`, until nobody works on the run any more or
   * the signal is aborted.
   * @throws CoreError as the repository.
   */
  async *follow(
    run: string,
    { after, signal }: { readonly after: number; readonly signal?: AbortSignal | undefined },
  ): AsyncGenerator<readonly TrainEvent[]> {
    const watched = this.#watch(run, after + 1);
    try {
      await watched.ready;
      const { watch } = watched;
      using listener = watch.listen(signal);
      let next = after + 1;
      while (!signal?.aborted) {
        const { version, isOver } = watch;
        const events = await watch.from(next);
        const last = events.at(-1);
        if (last) {
          yield events;
          next = last.seq + 1;
        } else if (isOver && watch.version === version) return;
        else await listener.changedSince(version);
      }
    } finally {
      this.#leave(run, watched);
    }
  }

  #takenOf(run: string): Taken {
    const known = this.#taken.get(run);
    if (known) return known;
    const queue = new EventQueue(async (news) => {
      await patiently(async () => {
        taken.check();
        await this.#runs.appendEvents(run, news);
      });
      this.#watched.get(run)?.watch.add(news);
    });
    const taken: Taken = { queue, check: () => undefined };
    this.#taken.set(run, taken);
    return taken;
  }

  #watch(run: string, next: number): Watched {
    const known = this.#watched.get(run);
    if (known) {
      known.followers++;
      return known;
    }
    const watch = new RunWatch(this.#runs, run, next);
    const timer = setInterval(() => void watch.refresh(), this.#pollMs);
    const watched = { watch, timer, followers: 1, ready: watch.refresh() };
    this.#watched.set(run, watched);
    return watched;
  }

  #leave(run: string, watched: Watched): void {
    watched.followers--;
    if (watched.followers > 0) return;
    clearInterval(watched.timer);
    watched.watch.close();
    this.#watched.delete(run);
  }
}
