import { CoreError } from "@graft/core";
import { type CompiledModule, instantiate, type KernelMemory } from "./web-assembly.ts";

/** A kernel's name and its numbers. */
export type Call = readonly [name: string, values: readonly number[]];

/** Compiled kernels and the memory they work on. */
export interface Kernels {
  /** Equal keys: the same pair. */
  readonly key: string;
  readonly module: CompiledModule;
  readonly memory: KernelMemory;
}

/** Threads that do shares of one work at the same time, the calling thread among them. */
export interface Team {
  readonly threads: number;
  /**
   * Starts the threads that do not run, and waits until they do. Awaited before each run: a browser's worker starts only
   * when the thread that made it goes back to its events, so a `run` that waited for one would wait for ever.
   * @throws CoreError `backend` when one does not start.
   */
  ready(): Promise<void>;
  /**
   * One list of calls for each thread; returns when all are done. The calling thread does the share of one that does
   * not run: the numbers are the same.
   * @throws CoreError `backend` when a thread fails or does not answer; the team is of no more use then.
   */
  run(kernels: Kernels, shares: readonly (readonly Call[])[]): void;
  /** Forgets a pair, so that its memory can go. */
  drop(key: string): void;
  close(): Promise<void>;
}

/** A thread beside the calling one, which runs {@link THREAD_SOURCE}. */
export interface TeamThread {
  postMessage(message: unknown): void;
  terminate(): Promise<void>;
}

/** Starts one, and settles when it has said that it hears; made by `team-node.ts` and `team-browser.ts`. */
export type StartThread = (answers: SharedArrayBuffer) => Promise<TeamThread>;

/**
 * A thread's whole program: `answers` → what it does with a message. It keeps an instance for each pair of kernels and
 * memory, and answers through shared memory, because the calling thread waits there and runs no events meanwhile.
 */
export const THREAD_SOURCE = `(buffer) => {
  const answers = new Int32Array(buffer);
  const instances = new Map();
  return ({ key, module, memory, calls, place, dropped }) => {
    if (dropped !== undefined) return void instances.delete(dropped);
    let answer = 1;
    try {
      if (!instances.has(key)) instances.set(key, new WebAssembly.Instance(module, { graft: { memory } }).exports);
      const kernels = instances.get(key);
      for (const [name, values] of calls) kernels[name](...values);
    } catch {
      answer = 2;
    }
    Atomics.store(answers, place, answer);
    Atomics.notify(answers, place);
  };
}`;

/** No share of a step takes a second; a thread that is silent for so long is gone. */
const ANSWER_TIMEOUT_MS = 60_000;

/** Opens a team whose threads run already. @throws CoreError `backend` when one does not start. */
export async function openTeam(threads: number, startThread: StartThread): Promise<Team> {
  const team = threads === 1 ? new LoneThread() : new ThreadTeam(threads, startThread);
  await team.ready();
  return team;
}

/** The calling thread by itself: it needs no memory that is shared. */
class LoneThread implements Team {
  readonly threads = 1;
  readonly #instances = new Instances();

  async ready(): Promise<void> {}

  run(kernels: Kernels, shares: readonly (readonly Call[])[]): void {
    for (const calls of shares) this.#instances.run(kernels, calls);
  }

  drop(key: string): void {
    this.#instances.drop(key);
  }

  async close(): Promise<void> {
    this.#instances.clear();
  }
}

/** The calling thread's own instances of kernels. */
class Instances {
  readonly #known = new Map<string, ReturnType<typeof instantiate>>();

  get size(): number {
    return this.#known.size;
  }

  run({ key, module, memory }: Kernels, calls: readonly Call[]): void {
    const instance = this.#known.get(key) ?? instantiate(module, memory);
    this.#known.set(key, instance);
    for (const [name, values] of calls) instance[name]?.(...values);
  }

  drop(key: string): void {
    this.#known.delete(key);
  }

  clear(): void {
    this.#known.clear();
  }
}

class ThreadTeam implements Team {
  readonly threads: number;
  readonly #startThread: StartThread;
  readonly #answers: Int32Array<SharedArrayBuffer>;
  readonly #own = new Instances();
  #others: readonly TeamThread[] = [];
  #starting: Promise<void> | undefined;
  #isLost = false;
  #isClosed = false;

  constructor(threads: number, startThread: StartThread) {
    this.threads = threads;
    this.#startThread = startThread;
    this.#answers = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT * threads));
  }

  async ready(): Promise<void> {
    if (this.#others.length > 0 || this.#isClosed) return;
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    await this.#starting;
  }

  run(kernels: Kernels, shares: readonly (readonly Call[])[]): void {
    if (this.#isLost) throw new CoreError("backend", { what: "A thread of the engine failed earlier." });
    const waiting: number[] = [];
    const mine: (readonly Call[])[] = [];
    for (const [place, calls] of shares.entries()) {
      const thread = this.#others[place - 1];
      if (calls.length === 0) continue;
      if (!thread) {
        mine.push(calls);
        continue;
      }
      Atomics.store(this.#answers, place, 0);
      thread.postMessage({ ...kernels, calls, place });
      waiting.push(place);
    }
    for (const calls of mine.length > 0 ? mine : [[]]) this.#own.run(kernels, calls);
    for (const place of waiting) this.#waitFor(place);
  }

  drop(key: string): void {
    this.#own.drop(key);
    for (const thread of this.#others) thread.postMessage({ dropped: key });
    // an idle thread collects no garbage, so the memory that it knew goes only with the thread
    if (this.#own.size === 0) void this.#end();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#own.clear();
    await this.#starting?.catch(() => undefined);
    await this.#end();
  }

  async #start(): Promise<void> {
    const starts = Array.from({ length: this.threads - 1 }, () => this.#startThread(this.#answers.buffer));
    const outcomes = await Promise.allSettled(starts);
    const started = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (!failed) {
      this.#others = started;
      return;
    }
    await Promise.all(started.map((thread) => thread.terminate()));
    const received = failed.reason instanceof Error ? failed.reason.message : String(failed.reason);
    throw new CoreError(
      "backend",
      { what: "A thread of the engine did not start.", received },
      { cause: failed.reason },
    );
  }

  async #end(): Promise<void> {
    const ended = this.#others;
    this.#others = [];
    await Promise.all(ended.map((thread) => thread.terminate()));
  }

  #waitFor(place: number): void {
    const outcome = Atomics.wait(this.#answers, place, 0, ANSWER_TIMEOUT_MS);
    if (outcome !== "timed-out" && Atomics.load(this.#answers, place) === 1) return;
    this.#isLost = true;
    throw new CoreError("backend", {
      what: "A thread of the engine failed.",
      received: outcome === "timed-out" ? "no answer" : "an error in its work",
      fix: "Resume the run; if it happens again, there may be too little memory.",
    });
  }
}
