import { CoreError, deserializeError, type StopReason, serializeError } from "../errors.ts";
import type { TrainEvent } from "../events/events.ts";
import type { Workspace } from "../jobs/workspace.ts";
import type { Crc32 } from "../numbers/crc32.ts";
import { HostServices } from "./host-services.ts";
import {
  type Command,
  PROTOCOL_VERSION,
  parseReport,
  type Report,
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
}

/** What comes of a worker next. */
type News = { readonly event: TrainEvent } | { readonly end: WorkEnd } | { readonly error: unknown };

/** A worker that is gone: nothing of the run is lost but the work since its last checkpoint. */
function goneError(why: string): CoreError {
  return new CoreError("backend", {
    what: "The worker ended unexpectedly.",
    received: why,
    fix: "Go on with the run: it starts from its last checkpoint.",
  });
}

/** A host's end of the protocol: gives a worker its jobs and answers what it asks. */
export class WorkerHost implements AsyncDisposable {
  readonly #port: Port;
  readonly #services: HostServices;
  readonly #news: News[] = [];
  #wake: () => void = () => undefined;
  #lastJob = 0;
  #lastSeq = -1;
  #run = "";
  #gone: CoreError | undefined;

  constructor({ port, workspace, crc32 }: HostOptions) {
    this.#port = port;
    this.#services = new HostServices(workspace, crc32 ? { crc32 } : {});
    port.onMessage((message) => this.#hear(message));
    port.onClose((why) => {
      this.#gone = goneError(why);
      this.#tell({ error: this.#gone });
    });
  }

  /**
   * Has the worker do a job. The last event is `run-end`, also when the worker was killed.
   * @param options.signal stops the job; its reason says whether for good (`StopReason`).
   * @returns how it ended. @throws what is no CoreError of the job: a defect of the worker.
   */
  async *work(
    work: Work,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<TrainEvent, WorkEnd> {
    const job = ++this.#lastJob;
    const { signal } = options;
    const stop = (): void => {
      const cancel: StopReason = "cancel";
      this.#post({ v: PROTOCOL_VERSION, type: signal?.reason === cancel ? "cancel" : "stop", job });
    };
    this.#post({ v: PROTOCOL_VERSION, type: "start", job, work });
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
    let isOver = false;
    try {
      for (;;) {
        const news = await this.#next();
        if ("event" in news) {
          isOver = news.event.type === "run-end";
          yield news.event;
          continue;
        }
        if ("end" in news) {
          isOver = true;
          return news.end;
        }
        if (isOver || !(news.error instanceof CoreError)) throw news.error;
        isOver = true;
        const end = {
          status: this.#gone ? "interrupted" : "failed",
          epochs: 0,
          error: serializeError(news.error),
        } as const;
        const named = { run: this.#run, seq: this.#lastSeq + 1, time: Date.now() };
        yield { type: "run-end", ...end, ...named, seconds: 0, backend: "" };
        return { ...end, ...(this.#run === "" ? {} : { run: this.#run }) };
      }
    } finally {
      signal?.removeEventListener("abort", stop);
      // a caller that left: the run stops where it can be gone on from
      if (!isOver) this.#post({ v: PROTOCOL_VERSION, type: "stop", job });
    }
  }

  /** Has the job that is running keep where it stands: a `checkpoint` event tells of it, unless nothing came since the last. */
  checkpoint(): void {
    this.#post({ v: PROTOCOL_VERSION, type: "checkpoint", job: this.#lastJob });
  }

  /** Ends the worker, and lets go of what it held. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#post({ v: PROTOCOL_VERSION, type: "dispose" });
    await this.#services[Symbol.asyncDispose]();
  }

  #post(command: Command): void {
    if (!this.#gone) this.#port.post(command);
  }

  #tell(news: News): void {
    this.#news.push(news);
    this.#wake();
  }

  async #next(): Promise<News> {
    for (;;) {
      const news = this.#news.shift();
      if (news) {
        // the worker is no more: what it held is free
        if (this.#gone) await this.#services[Symbol.asyncDispose]();
        return news;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #hear(message: unknown): void {
    let report: Report;
    try {
      report = parseReport(message);
    } catch (error) {
      this.#tell({ error });
      return;
    }
    switch (report.type) {
      case "ready":
        break;
      case "event":
        this.#lastSeq = report.event.seq;
        this.#run = report.event.run;
        this.#tell({ event: report.event });
        break;
      case "done":
        this.#tell({ end: report.end });
        break;
      case "error":
        this.#tell({ error: deserializeError(report.error) });
        break;
      case "call":
        void this.#answer(report.call, report.method, report.params);
        break;
      default:
        report satisfies never;
    }
  }

  async #answer(call: number, method: string, params: unknown): Promise<void> {
    const tell = { v: PROTOCOL_VERSION, call } as const;
    try {
      const value = await this.#services.answer(method, params, (event) =>
        this.#post({ ...tell, type: "progress", event }),
      );
      this.#post({ ...tell, type: "answer", value });
    } catch (error) {
      this.#post({ ...tell, type: "refusal", error: serializeError(error) });
    }
  }
}
