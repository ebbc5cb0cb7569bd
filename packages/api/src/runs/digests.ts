import { digested, EMPTY_DIGEST, type RunDigest } from "./digest.ts";
import type { RunEvents } from "./run-events.ts";

/** Runs whose digest stays in memory. */
const KEPT = 500;

/** Digests of runs, each event read once: a run that trains is looked at again and again. */
export class RunDigests {
  readonly #events: RunEvents;
  /** Used last is last. */
  readonly #kept = new Map<string, Promise<RunDigest>>();

  constructor(events: RunEvents) {
    this.#events = events;
  }

  /** Of all that is stored by now. @throws CoreError as the repository. */
  of(run: string): Promise<RunDigest> {
    const before = this.#kept.get(run) ?? Promise.resolve(EMPTY_DIGEST);
    const digest = before.then((known) => this.#goOn(run, known));
    this.#kept.delete(run);
    this.#kept.set(run, digest);
    for (const oldest of [...this.#kept.keys()].slice(0, -KEPT)) this.#kept.delete(oldest);
    digest.catch(() => this.#kept.delete(run));
    return digest;
  }

  async #goOn(run: string, known: RunDigest): Promise<RunDigest> {
    let digest = known;
    for await (const events of this.#events.all(run, known.lastSeq))
      for (const event of events) digest = digested(digest, event);
    return digest;
  }
}
