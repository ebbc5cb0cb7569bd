import type { Job, JobClaim, JobHandler, JobKind, Jobs } from "@graft/api";
import { CoreError, type StopReason, serializeError } from "@graft/core";
import { GrowingPause } from "./growing-pause.ts";
import { Wake } from "./wake.ts";

export interface JobClaimerOptions {
  readonly jobs: Jobs;
  /** Id that the queue knows the worker by; nobody else's, and another one after each start. */
  readonly worker: string;
  readonly kinds: readonly JobKind[];
  /** Ids and kinds of the worker's backends, whatever a job may name. */
  readonly backends: readonly string[];
  /** Names that workers share which compute the same features (`WorkerRow.groups`). @default none */
  readonly groups?: readonly string[];
  /** Only jobs of this account. @default everybody's */
  readonly owner?: string | undefined;
  readonly handle: JobHandler;
  /** Before each claim: waits until the worker can work. @throws CoreError when it cannot for now; it is asked again. */
  readonly ready?: () => Promise<void>;
  /** Told what it works on. */
  readonly onJob?: (job: Job | undefined) => void;
  /** Told of what went wrong: the queue, the job that is named. */
  readonly onError: (error: unknown, job?: Job) => void;
  /** Between two beats of a job. @default 5 s */
  readonly beatMs?: number;
  /** Between two looks at the queue that nobody told anything of. @default 5 s */
  readonly lookMs?: number;
}

/** What a job is in trouble with, not of its own doing: it goes to the head of the line, and the worker pauses. */
const TROUBLE_OF_HOST: readonly string[] = ["unreadable", "disk-full", "busy"];

/** The job that a claimer has. */
interface Held {
  readonly job: Job;
  readonly controller: AbortController;
  /** Somebody else's by now. */
  isLost: boolean;
  /** The owner's wish, in contrast to this process's end. */
  isStopped: boolean;
  /** What the next worker goes on from. The queue hears of it once: it counts the tries anew from there. */
  kept: "nothing" | "untold" | "told";
  /** Who does it looks after it. */
  isHandedOver: boolean;
  beating: Promise<void> | undefined;
  /** Asked for while one was under way, which may have asked before what this is about. */
  isBeatAsked: boolean;
}

/** Claims jobs for one worker, one after the other, and does them, until it is closed. */
export class JobClaimer implements AsyncDisposable {
  readonly #options: JobClaimerOptions;
  readonly #wake = new Wake();
  /** Of pauses while the queue cannot be told how a job ended. */
  readonly #untold = new Wake();
  readonly #pause = new GrowingPause({ firstMs: 1000, lastMs: 60_000 });
  readonly #stopListening: () => void;
  readonly #done: Promise<void>;
  #held: Held | undefined;
  #isClosing = false;
  #isFinishing = false;

  constructor(options: JobClaimerOptions) {
    this.#options = options;
    this.#stopListening = options.jobs.onChange((change) => {
      if (change === "waits") this.#wake.wake();
      // it may be this job
      else if (this.#held) void this.#beat(this.#held);
    });
    this.#done = this.#run();
  }

  /** Claims nothing more, has the job that is under way stopped for now, puts it back into the line, and waits for that. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#wake.close();
    this.#untold.close();
    const stop: StopReason = "interrupt";
    this.#held?.controller.abort(stop);
    await this.#done;
    this.#stopListening();
  }

  /** Claims nothing more, as the worker is gone, and waits for what comes of the job that it had. */
  async finish(): Promise<void> {
    this.#isFinishing = true;
    this.#wake.close();
    await this.#done;
    this.#stopListening();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(): Promise<void> {
    const { jobs, worker, kinds, ready, lookMs = 5000, onError } = this.#options;
    while (!this.#isClosing && !this.#isFinishing) {
      let job: Job | undefined;
      try {
        await ready?.();
        if (this.#isClosing || this.#isFinishing) return;
        job = await this.#claim({ kinds });
      } catch (error) {
        if (!this.#isClosing && !this.#isFinishing) onError(error);
        await this.#wake.after(this.#pause.next());
        continue;
      }
      if (!job) await this.#wake.after(lookMs);
      // ended while the claim was under way
      else if (this.#isFinishing || this.#isClosing)
        await jobs.release(job.id, worker).catch((error: unknown) => onError(error, job));
      else if (await this.#do(job)) this.#pause.reset();
      else await this.#wake.after(this.#pause.next(), { evenIfWoken: true });
    }
  }

  #claim(about: Pick<JobClaim, "kinds" | "subject" | "unless">): Promise<Job | undefined> {
    const { jobs, worker, backends, groups = [], owner } = this.#options;
    return jobs.claim({ ...about, worker, backends: [...backends, ...groups], owner });
  }

  /** @returns whether the worker may go on at once. */
  async #do(job: Job): Promise<boolean> {
    const { worker, handle, groups = [], onJob, onError, beatMs = 5000 } = this.#options;
    const controller = new AbortController();
    const held: Held = {
      ...{ job, controller, isLost: false, isStopped: false },
      ...{ kept: "nothing", isHandedOver: false, beating: undefined, isBeatAsked: false },
    };
    this.#held = held;
    onJob?.(job);
    const timer = setInterval(() => void this.#beat(held), beatMs);
    let thrown: { readonly error: unknown } | undefined;
    try {
      await handle(job, {
        ...{ worker, signal: controller.signal },
        isForHost: () => !held.isStopped && (held.isLost || this.#isClosing),
        hasKept: () => {
          if (held.kept !== "nothing") return;
          held.kept = "untold";
          void this.#beat(held);
        },
        groups,
        claim: async (about) => {
          const next = await this.#claim(about);
          if (next && held.isHandedOver) onJob?.(next);
          return next;
        },
        handOver: () => {
          held.isHandedOver = true;
        },
      });
    } catch (error) {
      thrown = { error };
    }
    // it lives on in the queue until that knows how it ended
    const isWell = await this.#settle(held, thrown).finally(() => clearInterval(timer));
    this.#held = undefined;
    onJob?.(undefined);
    if (thrown && !isStop(thrown.error)) onError(thrown.error, job);
    return isWell;
  }

  /** Tells that the worker lives, and hears what it is to do. */
  #beat(held: Held): Promise<void> {
    held.isBeatAsked = true;
    held.beating ??= this.#beatWhileAsked(held);
    return held.beating;
  }

  async #beatWhileAsked(held: Held): Promise<void> {
    while (held.isBeatAsked) {
      held.isBeatAsked = false;
      await this.#beatOnce(held);
    }
    // in one go with the last look, so that none is asked for in between
    held.beating = undefined;
  }

  async #beatOnce(held: Held): Promise<void> {
    const { jobs, worker, onError } = this.#options;
    if (held.isLost || held.isHandedOver || this.#held !== held) return;
    const { controller, job } = held;
    const hasKept = held.kept === "untold";
    try {
      const said = await jobs.beat(job.id, worker, { hasKept });
      if (hasKept) held.kept = "told";
      if (said === "go-on") return;
      if (said === "lost") held.isLost = true;
      else held.isStopped = true;
      controller.abort((said === "lost" ? "interrupt" : said) satisfies StopReason);
    } catch (error) {
      onError(error, job);
    }
  }

  /** Has the queue know how a job ended, however often it must be told. @returns whether the worker may go on at once. */
  async #settle(held: Held, thrown: { readonly error: unknown } | undefined): Promise<boolean> {
    const { jobs, worker, onError } = this.#options;
    const { id } = held.job;
    const { code } = thrown ? serializeError(thrown.error) : { code: undefined };
    const isTrouble = code !== undefined && TROUBLE_OF_HOST.includes(code);
    if (held.isHandedOver) return !isTrouble && code !== "backend";
    // what was kept counts before what went wrong then
    await held.beating;
    for (const pause = new GrowingPause({ firstMs: 500, lastMs: 10_000 }); ; ) {
      try {
        if (!thrown) await jobs.complete(id, worker);
        else if (code === "cancelled" || isTrouble || this.#isClosing) await jobs.release(id, worker);
        else await jobs.fail(id, worker, { error: serializeError(thrown.error), retry: code === "backend" });
        return !isTrouble && code !== "backend";
      } catch (error) {
        onError(error, held.job);
        // a process that ends does not wait for its database: nothing is heard of it then, which is as good
        if (this.#isClosing) return false;
        await this.#untold.after(pause.next());
      }
    }
  }
}

const isStop = (error: unknown): boolean => error instanceof CoreError && error.code === "cancelled";
