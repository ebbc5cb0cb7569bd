import { CoreError, deserializeError, type StopReason, serializeError } from "../errors.ts";
import type { RunEndEvent, TrainEvent } from "../events/events.ts";
import type { ShardBoard } from "../features/shard.ts";
import { storeInSpaces } from "../features/store-in-spaces.ts";
import type { FeatureSpace } from "../features/types.ts";
import { endKilledRun } from "../jobs/end-killed-run.ts";
import type { Workspace } from "../jobs/workspace.ts";
import type { Crc32 } from "../numbers/crc32.ts";
import type { SearchProgress, SearchResult } from "../sweep/search-schema.ts";
import { HostJob } from "./host-job.ts";
import { HostServices } from "./host-services.ts";
import {
  type Command,
  PROTOCOL_VERSION,
  parseReport,
  type Report,
  type SearchWork,
  type Work,
  type WorkEnd,
} from "./messages.ts";
import type { Port } from "./port.ts";

export interface HostOptions {
  readonly port: Port;
  /** What the worker's calls are answered from. */
  readonly workspace: Workspace;
  /** A quicker one than JavaScript's. */
  readonly crc32?: Crc32;
  /** The space of the workspace's cache that one of this worker's is. @default the same */
  readonly spaceOf?: (space: FeatureSpace) => FeatureSpace;
}

type Call = Extract<Report, { type: "call" }>;

/** How a job ended, from its last event. */
function endOfEvent({ status, epochs, steps, metrics, keptEpoch, model, error, run }: RunEndEvent): WorkEnd {
  return {
    ...{ status, epochs },
    ...(steps === undefined ? {} : { steps }),
    ...(metrics ? { metrics } : {}),
    ...(keptEpoch === undefined ? {} : { keptEpoch }),
    ...(model === undefined ? {} : { where: model }),
    ...(error ? { error } : {}),
    ...(run === "" ? {} : { run }),
  };
}

/** What keeps a killed run's end from being written (its run is not made yet, another goes on with it) changes nothing else. */
function onlyCore(error: unknown): undefined {
  if (!(error instanceof CoreError)) throw error;
}

/** A worker that is gone: nothing of the run is lost but the work since its last checkpoint. */
function goneError(why: string): CoreError {
  return new CoreError("backend", {
    what: "The worker ended unexpectedly.",
    received: why,
    fix: "Resume the run: it continues from its last checkpoint.",
  });
}

/** A host's end of the protocol: gives a worker its jobs, one after the other, and answers what it asks. */
export class WorkerHost implements AsyncDisposable {
  readonly #port: Port;
  readonly #options: HostOptions;
  #running: HostJob | undefined;
  #lastJob = 0;
  #gone: CoreError | undefined;
  readonly #closed: Promise<void>;

  constructor(options: HostOptions) {
    const { port } = options;
    this.#port = port;
    this.#options = options;
    port.onMessage((message) => this.#hear(message));
    this.#closed = new Promise((resolve) => {
      port.onClose((why) => {
        this.#gone = goneError(why);
        this.#running?.end({ error: this.#gone });
        resolve();
      });
    });
  }

  /**
   * Has the worker do a job, when it has ended the one before. The last event is `run-end`, also when the worker was killed.
   * @param options.signal stops the job; its reason says whether for good (`StopReason`).
   * @param options.shards of the run. @default nobody helps
   * @returns how it ended. @throws what is no CoreError of the job: a defect of the worker.
   */
  async *work(
    work: Work,
    options: { readonly signal?: AbortSignal; readonly shards?: ShardBoard } = {},
  ): AsyncGenerator<TrainEvent, WorkEnd> {
    const job = await this.#jobOf(work, options.shards);
    this.#post({ v: PROTOCOL_VERSION, type: "start", job: job.id, work });
    const leave = this.#stopWith(job, options.signal);
    let isOver = false;
    try {
      for (;;) {
        const news = await job.next();
        if ("event" in news) {
          isOver = news.event.type === "run-end";
          yield news.event;
          continue;
        }
        if ("end" in news) return news.end;
        if (!("error" in news)) continue;
        if (isOver || !(news.error instanceof CoreError)) throw news.error;
        isOver = true;
        const event = await this.#endOf(job, news.error);
        yield event;
        return endOfEvent(event);
      }
    } finally {
      leave();
    }
  }

  /**
   * Has the worker search for good settings, or compute features, when it has ended the job before. Nothing of it is kept here:
   * who wants it after the worker was killed has it done again, on features that are there by then.
   * @param options.signal stops it.
   * @returns what it found. @throws CoreError `cancelled`, `backend` when the worker is gone; as the job.
   */
  async *search(
    work: SearchWork,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<SearchProgress, SearchResult> {
    const job = await this.#jobOf(work);
    this.#post({ v: PROTOCOL_VERSION, type: "search", job: job.id, work });
    const leave = this.#stopWith(job, options.signal);
    try {
      for (;;) {
        const news = await job.next();
        if ("progress" in news) yield news.progress;
        else if ("found" in news) return this.#inHostsSpace(news.found);
        else if ("error" in news) throw news.error;
      }
    } finally {
      leave();
    }
  }

  /** Where the rows of features are for others than the worker. */
  #inHostsSpace(found: SearchResult): SearchResult {
    const { spaceOf } = this.#options;
    if (!spaceOf || found.kind !== "features") return found;
    return { ...found, features: { ...found.features, space: spaceOf(found.features.space) } };
  }

  /** The next job of the worker, once the one before has ended. */
  async #jobOf(work: Work | SearchWork, shards?: ShardBoard): Promise<HostJob> {
    while (this.#running) await this.#running.ended;
    const { workspace, crc32, spaceOf } = this.#options;
    const services = new HostServices(workspace, {
      work,
      ...(shards ? { shards } : {}),
      ...(crc32 ? { crc32 } : {}),
      ...(spaceOf ? { features: async () => storeInSpaces(await workspace.features(), spaceOf) } : {}),
    });
    const job = new HostJob(++this.#lastJob, services);
    this.#running = job;
    void job.ended.then(() => {
      if (this.#running === job) this.#running = undefined;
    });
    if (this.#gone) job.end({ error: this.#gone });
    return job;
  }

  /** Has a job stopped by a signal. @returns to be called when nobody listens to the job any more. */
  #stopWith(job: HostJob, signal: AbortSignal | undefined): () => void {
    const stop = (): void => {
      const cancel: StopReason = "cancel";
      this.#post({ v: PROTOCOL_VERSION, type: signal?.reason === cancel ? "cancel" : "stop", job: job.id });
    };
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
    return () => {
      signal?.removeEventListener("abort", stop);
      // a caller that left, a message that could not be read: it stops, a run where it can be gone on from
      if (!job.hasEnded) this.#post({ v: PROTOCOL_VERSION, type: "stop", job: job.id });
    };
  }

  /** Has the job that is running keep where it stands: a `checkpoint` event tells of it, unless nothing came since the last. */
  checkpoint(): void {
    if (this.#running) this.#post({ v: PROTOCOL_VERSION, type: "checkpoint", job: this.#running.id });
  }

  /**
   * Ends the worker, waits until it is gone, and lets go of what it held. One that does not hear (a process that hangs, or was
   * stopped) is waited for: until it is killed it may still write.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#post({ v: PROTOCOL_VERSION, type: "dispose" });
    await this.#closed;
    await this.#running?.ended;
  }

  #post(command: Command): void {
    if (!this.#gone) this.#port.post(command);
  }

  /** The last event of a job that told none; that of a killed worker is in the run's log and record, too. */
  async #endOf(job: HostJob, error: CoreError): Promise<RunEndEvent> {
    const { workspace } = this.#options;
    // what it held is free, its run's lock as well
    if (this.#gone) await job.ended;
    const logged =
      this.#gone && job.run !== ""
        ? await endKilledRun(workspace, job.run, error).catch(onlyCore)
        : undefined;
    if (logged) return logged;
    return {
      ...{
        type: "run-end",
        status: this.#gone ? "interrupted" : "failed",
        epochs: 0,
        seconds: 0,
        backend: "",
      },
      ...{ error: serializeError(error), run: job.run, seq: job.seq + 1, time: workspace.now() },
    };
  }

  #hear(message: unknown): void {
    const job = this.#running;
    let report: Report;
    try {
      report = parseReport(message);
    } catch (error) {
      job?.tell({ error });
      return;
    }
    // of a job that nobody waits for
    const isStale = "job" in report && report.job !== undefined && report.job !== job?.id;
    if (isStale) return;
    switch (report.type) {
      case "ready":
        break;
      case "event":
        job?.tell({ event: report.event });
        break;
      case "done":
        job?.end({ end: report.end });
        break;
      case "searching":
        job?.tell({ progress: report.progress });
        break;
      case "found":
        job?.end({ found: report.result });
        break;
      case "error": {
        const news = { error: deserializeError(report.error) };
        // without a job: it could not read a command
        if (report.job === undefined) job?.tell(news);
        else job?.end(news);
        break;
      }
      case "call":
        void this.#answer(job, report);
        break;
      default:
        report satisfies never;
    }
  }

  async #answer(job: HostJob | undefined, { call, method, params }: Call): Promise<void> {
    const tell = { v: PROTOCOL_VERSION, call } as const;
    try {
      if (!job) throw new CoreError("conflict", { what: "The worker asks for something without a job." });
      const value = await job.services.answer(method, params, (event) =>
        this.#post({ ...tell, type: "progress", event }),
      );
      this.#post({ ...tell, type: "answer", value });
    } catch (error) {
      this.#post({ ...tell, type: "refusal", error: serializeError(error) });
    }
  }
}
