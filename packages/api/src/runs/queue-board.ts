import {
  CoreError,
  type NextShard,
  type Shard,
  type ShardBoard,
  type StopReason,
  serializeError,
} from "@graft/core";
import type { Clock } from "../ports/clock.ts";
import type { Job, JobContext, Jobs } from "../ports/jobs.ts";
import type { WorkerRepository } from "../ports/repository.ts";
import { SEARCH_KINDS } from "../ports/search-rows.ts";
import { patiently, pause } from "./patient.ts";
import { shardsOf } from "./run-shards.ts";

/** A worker that nothing was heard of for so long helps nobody. */
const QUIET_MS = 30_000;
const BEAT_MS = 5000;
/** After something was stopped, which may be the shard. */
const BEAT_SOON_MS = 2000;
/** Between two looks at shards that others have. */
const LOOK_MS = 250;

export interface QueueBoardOptions {
  readonly jobs: Jobs;
  readonly workers: Pick<WorkerRepository, "list">;
  readonly clock: Clock;
  /** The run's training, or the shard that a helper has claimed. */
  readonly job: Job;
  readonly context: Pick<JobContext, "worker" | "groups" | "claim">;
}

/** A run's shards as one of its workers sees them: jobs in the queue, of which it has one at a time. */
export class QueueBoard implements ShardBoard {
  readonly #options: QueueBoardOptions;
  readonly #stop = new AbortController();
  readonly #closing = new AbortController();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #stopListening: () => void;
  #soon: ReturnType<typeof setTimeout> | undefined;
  /** The shard that the worker has, and whether it was told. */
  #held: Job | undefined;
  #isGiven = false;
  #offers = 0;
  #lastOpen = -1;
  #turn: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  constructor(options: QueueBoardOptions) {
    this.#options = options;
    if (this.#isHelper) this.#held = options.job;
    this.#timer = setInterval(() => void this.#beat(), BEAT_MS);
    this.#stopListening = options.jobs.onChange((change) => {
      if (change !== "stop") return;
      this.#soon ??= setTimeout(() => {
        this.#soon = undefined;
        void this.#beat();
      }, BEAT_SOON_MS);
    });
  }

  /** Aborted when a helper's shard is to stop, or is somebody else's by now. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  async helpers(backend: string): Promise<number> {
    const { workers, clock, context } = this.#options;
    const group = this.#groupOf(backend);
    const heardSince = clock() - QUIET_MS;
    const others = (await this.#ask(() => workers.list())).filter(({ id }) => id !== context.worker);
    return others.filter(({ groups, heardAt }) => heardAt > heardSince && groups.some((one) => one === group))
      .length;
  }

  async offer(backend: string, shards: readonly Shard[]): Promise<void> {
    const { jobs, job } = this.#options;
    const group = this.#groupOf(backend);
    for (const { id, state } of await this.#ask(() => shardsOf(jobs, job.subject)))
      if (state === "waiting") await this.#ask(() => jobs.stop(id, "cancel"));
    if (group === undefined) return;
    const { subject, owner, request } = job;
    const offer = `${job.id}/${job.attempts}/${++this.#offers}`;
    const made = shards.map((shard, at) => ({
      ...{ id: `${offer}/${at}`, kind: "extract" as const, subject, owner, backend: group, shard },
      ...(request === undefined ? {} : { request }),
    }));
    await this.#ask(() => jobs.submit(...made));
  }

  /** @throws CoreError as the queue. */
  next(): Promise<NextShard> {
    const next = this.#turn.then(() => this.#next());
    this.#turn = next.catch(() => undefined);
    return next;
  }

  /**
   * The worker pulls no more; what it has goes back into the line.
   * @param error what ended it. One that is gone has had a try; what another error says would come again, and is left to the
   *   run's own worker.
   */
  close(error?: unknown): Promise<void> {
    this.#closed ??= this.#close(error);
    return this.#closed;
  }

  /** Helps with a run that another worker has. */
  get #isHelper(): boolean {
    return this.#options.job.kind === "extract";
  }

  /** A queue that cannot be reached for a moment stops no training. */
  #ask<T>(work: () => Promise<T>): Promise<T> {
    return patiently(work, { signal: this.#closing.signal });
  }

  #groupOf(backend: string): string | undefined {
    return this.#options.context.groups.find((group) => group.startsWith(`${backend}@`));
  }

  async #next(): Promise<NextShard> {
    const { jobs, job, context } = this.#options;
    if (this.#held && this.#isGiven) {
      const { id } = this.#held;
      await this.#ask(() => jobs.complete(id, context.worker));
      this.#held = undefined;
    }
    while (!this.#closing.signal.aborted) {
      // who trains pulls on; a helper is wanted by those that wait for a worker
      const unless = this.#isHelper ? (["train", ...SEARCH_KINDS] as const) : [];
      const about = { kinds: ["extract"], subject: job.subject, unless } as const;
      this.#held ??= await this.#ask(() => context.claim(about));
      this.#isGiven = this.#held !== undefined;
      if (this.#isHelper) return this.#held ? { shard: this.#held.shard, open: 1 } : { open: 0 };
      const open = (await this.#ask(() => shardsOf(jobs, job.subject))).length;
      const isNews = this.#held !== undefined || open === 0 || open !== this.#lastOpen;
      this.#lastOpen = open;
      if (isNews) return { shard: this.#held?.shard, open };
      await pause(LOOK_MS, this.#closing.signal);
    }
    return { open: 0 };
  }

  async #beat(): Promise<void> {
    const { jobs, context } = this.#options;
    const held = this.#held;
    if (!held) return;
    // a queue that does not answer says nothing of the shard
    const said = await jobs.beat(held.id, context.worker).catch(() => "go-on" as const);
    // done meanwhile
    if (said === "go-on" || this.#held !== held) return;
    this.#stop.abort((said === "lost" ? "interrupt" : said) satisfies StopReason);
  }

  async #close(error: unknown): Promise<void> {
    const { jobs, context } = this.#options;
    this.#closing.abort();
    await this.#turn;
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    this.#stopListening();
    const held = this.#held;
    this.#held = undefined;
    if (!held) return;
    const isStop = error === undefined || (error instanceof CoreError && error.code === "cancelled");
    const retry = error instanceof CoreError && error.code === "backend";
    const told = isStop
      ? jobs.release(held.id, context.worker)
      : jobs.fail(held.id, context.worker, { error: serializeError(error), retry });
    // a queue that cannot be told hears nothing more of it, which is as good
    await told.catch(() => undefined);
  }
}
