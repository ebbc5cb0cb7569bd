import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import { startThread } from "../concurrency/start-thread-node.ts";
import { CoreError, deserializeError } from "../errors.ts";
import { DECODER_VERSION } from "./decoder-version.ts";
import type { ImagePool } from "./pool.ts";
import type { PoolReady, PoolReply, PoolTask } from "./pool-messages.ts";

/** A task, and how its caller hears of the end. */
interface Job {
  readonly task: PoolTask;
  readonly resolve: (reply: PoolReply) => void;
  readonly reject: (error: Error) => void;
}

/** Two tasks in each thread: while one waits in libvips' own threads, the other's JavaScript runs. */
const JOBS_PER_THREAD = 2;

function endedError(cause: unknown): CoreError {
  const what = "The thread that reads images ended unexpectedly.";
  const fix = "If one image does this every time, remove it; otherwise there may be too little memory.";
  return new CoreError("backend", { what, received: String(cause), fix }, { cause });
}

/** No image was touched yet: none may be blamed. */
function notStartedError(cause: unknown): CoreError {
  const what = "The thread that reads images could not start.";
  const fix =
    "The machine may be short of memory or have too many files open: end other programs, then try again.";
  return new CoreError("unreadable", { what, received: String(cause), fix }, { cause });
}

/** A thread that stays one for the pool: when its worker dies, the jobs in it fail and the next job starts a new one. */
class PoolThread {
  private worker: Worker | undefined;
  private readonly jobs = new Map<number, Job>();
  private lastId = 0;
  private readonly onFree: () => void;

  constructor(onFree: () => void) {
    this.onFree = onFree;
  }

  get load(): number {
    return this.jobs.size;
  }

  /** Lets the worker load what it works with; one that there is goes on. */
  start(): Worker {
    this.worker ??= this.open();
    return this.worker;
  }

  run(job: Job): void {
    const worker = this.start();
    const id = ++this.lastId;
    this.jobs.set(id, job);
    worker.ref();
    worker.postMessage({ id, task: job.task });
  }

  async close(error: Error): Promise<void> {
    const worker = this.worker;
    this.fail(error);
    await worker?.terminate();
  }

  private open(): Worker {
    const worker = startThread("pool-worker-node", import.meta.url);
    // An idle worker must not keep the process alive; `run` refs it while there is work.
    worker.unref();
    let isReady = false;
    worker.on("message", (reply: PoolReply | PoolReady) => {
      if (reply.type === "ready") isReady = true;
      else this.finish(reply);
    });
    const lost = (cause: unknown): void => {
      if (this.worker !== worker) return;
      this.fail(isReady ? endedError(cause) : notStartedError(cause));
      this.onFree();
    };
    worker.on("error", lost);
    worker.on("exit", (code) => lost(`exit code ${code}`));
    return worker;
  }

  private finish(reply: PoolReply): void {
    const job = this.jobs.get(reply.id);
    this.jobs.delete(reply.id);
    if (this.jobs.size === 0) this.worker?.unref();
    if (reply.type === "failed") job?.reject(deserializeError(reply.error));
    else job?.resolve(reply);
    this.onFree();
  }

  private fail(error: Error): void {
    this.worker = undefined;
    const jobs = [...this.jobs.values()];
    this.jobs.clear();
    for (const job of jobs) job.reject(error);
  }
}

/**
 * Starts no thread before the first task, or before it is told to.
 * @param options.threads default: one a core.
 */
export function createImagePool(options: { readonly threads?: number } = {}): ImagePool {
  const { threads = availableParallelism() } = options;
  const waiting: Job[] = [];
  let closed: CoreError | undefined;
  const dispatch = (): void => {
    for (let job = waiting[0]; job !== undefined; job = waiting[0]) {
      const free = members.reduce((least, member) => (member.load < least.load ? member : least));
      if (free.load >= JOBS_PER_THREAD) return;
      waiting.shift();
      free.run(job);
    }
  };
  const first = new PoolThread(dispatch);
  const members = [
    first,
    ...Array.from({ length: Math.max(0, threads - 1) }, () => new PoolThread(dispatch)),
  ];

  const submit = (task: PoolTask): Promise<PoolReply> =>
    new Promise((resolve, reject) => {
      if (closed !== undefined) return reject(closed);
      waiting.push({ task, resolve, reject });
      dispatch();
    });
  const wrongReply = (): never => {
    throw new TypeError("the image worker answered another task");
  };

  return {
    decoder: DECODER_VERSION,
    threads: members.length,
    get pending() {
      return waiting.length + members.reduce((sum, member) => sum + member.load, 0);
    },
    start() {
      if (closed === undefined) first.start();
    },
    async inspect(image) {
      const reply = await submit({ type: "inspect", image });
      return reply.type === "inspected" ? reply.file : wrongReply();
    },
    async inspectWithThumbnail(image, longSide) {
      const reply = await submit({ type: "inspect", image, thumbnail: longSide });
      return reply.type === "inspected" && "thumbnail" in reply.file ? reply.file : wrongReply();
    },
    async prepare(image, rule, augmentation, variants) {
      const reply = await submit({ type: "prepare", image, rule, augmentation, variants });
      return reply.type === "prepared" ? reply.images : wrongReply();
    },
    async close() {
      closed ??= new CoreError("cancelled", { what: "The image pool was closed." });
      const reason = closed;
      for (const job of waiting.splice(0)) job.reject(reason);
      await Promise.all(members.map((member) => member.close(reason)));
    },
  };
}
