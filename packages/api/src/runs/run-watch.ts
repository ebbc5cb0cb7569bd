import { CoreError, type TrainEvent } from "@graft/core";
import type { RunRepository } from "../ports/repository.ts";
import { isUnderWay } from "./run-state.ts";

/** Events that are kept in memory for who follows; who is further behind reads from the store. */
const KEPT = 1000;
/** Events that are read at a time. */
export const READ_AT_ONCE = 500;

/**
 * How long news are gathered for each of those who follow, and at most. To tell one of them costs about 40 us of a core:
 * however many follow a run, that is some hundredths of one, and what few of them hear is as new as ever.
 */
const GATHER_MS = 2;
const MOST_GATHER_MS = 500;

/** Somebody who waits for what comes of a run. */
export interface RunListener extends Disposable {
  /**
   * Settles after the next change from a version on, for all who wait together, or when the listener's signal is aborted. It is
   * to be waited for before it is called again.
   */
  changedSince(version: number): Promise<void>;
}

/** The newest of one run, for all who follow it: they read the store once together. */
export class RunWatch {
  readonly #runs: RunRepository;
  readonly #run: string;
  readonly #next: number;
  /** Without gaps, from `#start` on. */
  #tail: TrainEvent[] = [];
  #start = 0;
  #isOver = false;
  #error: unknown;
  #version = 0;
  readonly #listeners = new Set<() => void>();
  #waking: ReturnType<typeof setTimeout> | undefined;
  #refreshing: Promise<void> | undefined;
  #isAskedAgain = false;

  /** @param next number of the event that the first follower asks for. @default 0 */
  constructor(runs: RunRepository, run: string, next = 0) {
    this.#runs = runs;
    this.#run = run;
    this.#next = next;
  }

  /** Rises with each change. */
  get version(): number {
    return this.#version;
  }

  /** Nobody works on the run any more, and all of its events are known. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Number of the event after the newest that is known. */
  get #end(): number {
    return this.#start + this.#tail.length;
  }

  /** Takes events that were just stored. */
  add(events: readonly TrainEvent[]): void {
    const news = events.filter(({ seq }) => seq >= this.#end);
    if (news.length === 0) return;
    // others came between, which somebody else stored
    if (news.some(({ seq }, at) => seq !== this.#end + at)) void this.refresh();
    else this.#push(news);
  }

  /** Looks at the store; when it does already, once more after that. What keeps it from that is told to who asks `from`. */
  refresh(): Promise<void> {
    this.#isAskedAgain = true;
    this.#refreshing ??= this.#lookWhileAsked();
    return this.#refreshing;
  }

  /**
   * Stored events from a number on, some at a time; none when there are no more.
   * @throws what kept the store from being looked at.
   */
  async from(seq: number): Promise<readonly TrainEvent[]> {
    if (this.#error !== undefined) throw this.#error;
    if (seq >= this.#start) return this.#tail.slice(seq - this.#start);
    return this.#runs.events(this.#run, { after: seq - 1, limit: READ_AT_ONCE });
  }

  /** One more who waits for changes, until it is disposed of or its signal is aborted. */
  listen(signal: AbortSignal | undefined): RunListener {
    let resolve = (): void => undefined;
    const wake = (): void => resolve();
    this.#listeners.add(wake);
    signal?.addEventListener("abort", wake, { once: true });
    return {
      changedSince: (version) =>
        new Promise((settle) => {
          resolve = settle;
          if (this.#version !== version || signal?.aborted) settle();
        }),
      [Symbol.dispose]: () => {
        this.#listeners.delete(wake);
        signal?.removeEventListener("abort", wake);
      },
    };
  }

  /** Nobody follows any more. */
  close(): void {
    clearTimeout(this.#waking);
  }

  async #lookWhileAsked(): Promise<void> {
    try {
      while (this.#isAskedAgain) {
        this.#isAskedAgain = false;
        await this.#look();
      }
      this.#error = undefined;
    } catch (error) {
      // a store that cannot be reached for now is asked again soon
      if (error instanceof CoreError && error.code === "unreadable") return;
      this.#error = error;
      this.#changed();
    } finally {
      this.#refreshing = undefined;
    }
  }

  async #look(): Promise<void> {
    // the state first: a run is over when its last event is stored, so what is read afterwards is all of it
    const row = await this.#runs.get(this.#run);
    // the first who follow come together, mostly from the first event on: they read it once
    if (this.#version === 0 && row)
      this.#start = Math.max(row.lastSeq + 1 - KEPT, Math.min(this.#next, row.lastSeq + 1));
    while (row && row.lastSeq >= this.#end) {
      const events = await this.#runs.events(this.#run, { after: this.#end - 1, limit: READ_AT_ONCE });
      const news = events.filter(({ seq }) => seq >= this.#end);
      if (news.length === 0) break;
      this.#push(news);
    }
    const isOver = row === undefined || !isUnderWay(row.state);
    const isNew = this.#version === 0 || isOver !== this.#isOver;
    this.#isOver = isOver;
    if (isNew) this.#changed();
  }

  #push(news: readonly TrainEvent[]): void {
    this.#tail.push(...news);
    const dropped = this.#tail.length - KEPT;
    if (dropped > 0) {
      this.#tail = this.#tail.slice(dropped);
      this.#start += dropped;
    }
    this.#changed();
  }

  #changed(): void {
    this.#version++;
    if (this.#waking !== undefined) return;
    const ms = Math.min(MOST_GATHER_MS, GATHER_MS * (this.#listeners.size - 1));
    const wake = (): void => {
      this.#waking = undefined;
      for (const listener of [...this.#listeners]) listener();
    };
    if (ms > 0) this.#waking = setTimeout(wake, ms);
    else wake();
  }
}
