import type { TrainEvent } from "@graft/core";

/** Who tells more is held up until some are stored. */
const MOST_WAITING = 256;

/**
 * Events of one run on their way into the store, each once and in order. What comes while some are written is written together
 * afterwards: an epoch of a small head takes a fraction of a durable write.
 */
export class EventQueue {
  readonly #store: (events: readonly TrainEvent[]) => Promise<void>;
  #waiting: TrainEvent[] = [];
  /** Number of the newest that was taken. */
  #last = -1;
  /** The same of the newest that is stored. */
  #stored = -1;
  #storing: Promise<void> | undefined;
  #failed = false;
  #isDropped = false;

  /** @param store writes events; what it has written once it need not write again. */
  constructor(store: (events: readonly TrainEvent[]) => Promise<void>) {
    this.#store = store;
  }

  /**
   * Takes events, those that were taken already but once, and settles while they are written.
   * @throws what kept earlier ones from being stored, which are tried again.
   */
  async add(events: readonly TrainEvent[]): Promise<void> {
    for (const event of events) {
      if (event.seq <= this.#last) continue;
      this.#waiting.push(event);
      this.#last = event.seq;
    }
    const failed = this.#failed;
    const storing = this.flush();
    storing.catch(() => undefined);
    if (failed || this.#waiting.length > MOST_WAITING) await storing;
  }

  /**
   * Settles when what was taken is stored.
   * @param upTo number of the last event that is waited for. @default the last that was taken before
   * @throws what keeps it from being stored; it is tried again the next time.
   */
  async flush(upTo = this.#last): Promise<void> {
    while (this.#stored < upTo && !this.#isDropped) {
      this.#storing ??= this.#storeSome().finally(() => {
        this.#storing = undefined;
      });
      await this.#storing;
    }
  }

  /** Forgets what is not stored, and settles when nothing of this is written any more. */
  async drop(): Promise<void> {
    this.#isDropped = true;
    await this.#storing?.catch(() => undefined);
  }

  async #storeSome(): Promise<void> {
    const some = this.#waiting;
    this.#waiting = [];
    try {
      await this.#store(some);
      this.#stored = some.at(-1)?.seq ?? this.#stored;
      this.#failed = false;
    } catch (error) {
      this.#waiting = [...some, ...this.#waiting];
      this.#failed = true;
      throw error;
    }
  }
}
