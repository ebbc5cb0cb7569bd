import { parseTrainConfig } from "../config/parse-config.ts";
import { imagesOfPart } from "../dataset/images-of-part.ts";
import { CoreError, deserializeError, type StopReason, serializeError } from "../errors.ts";
import type { TrainEvent } from "../events/events.ts";
import { helpWithRun } from "../jobs/help-with-run.ts";
import { scoreTraining } from "../jobs/score-training.ts";
import { resumeJob, trainJob } from "../jobs/train-job.ts";
import type { Training, TrainingEnd } from "../jobs/training.ts";
import type { Workspace, WorkspaceEvent } from "../jobs/workspace.ts";
import { modelFactsSchema } from "../model/manifest.ts";
import type { Model } from "../model/types.ts";
import type { CallHost, CallMethod, CallParams, CallResults } from "./host-calls.ts";
import {
  type Command,
  isSearchWork,
  PROTOCOL_VERSION,
  parseCommand,
  type Report,
  type SearchWork,
  type TrainingWork,
  type Work,
  type WorkEnd,
} from "./messages.ts";
import type { Port } from "./port.ts";
import { searchFor } from "./search-work.ts";

/** What a worker opens for a job, closed when that is over. */
export interface OpenedWorkspace extends Partial<AsyncDisposable> {
  readonly workspace: Workspace;
}

export interface WorkerOptions {
  readonly port: Port;
  /**
   * Called for each job.
   * @param host.call asks the host, for a worker that shares nothing with it.
   * @param host.signal aborted when the host stops the job or is gone: the workspace's own signal is to be this one, or to
   *   follow it.
   */
  readonly open: (host: {
    readonly call: CallHost;
    readonly signal: AbortSignal;
    readonly work: Work | SearchWork;
  }) => Promise<OpenedWorkspace>;
}

interface PendingCall {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly onEvent: (event: WorkspaceEvent) => void;
}

function hostGone(why: string): CoreError {
  return new CoreError("backend", { what: "The host ended unexpectedly.", received: why });
}

/** The job of a piece of work. */
async function eventsOf(
  workspace: Workspace,
  work: TrainingWork,
  checkpointsAsked: () => number,
): Promise<AsyncGenerator<TrainEvent, TrainingEnd>> {
  if (work.kind === "train") {
    const { kind: _, datasetName: __, score: ___, config, ...job } = work;
    return trainJob(workspace, { ...job, config: parseTrainConfig(config), checkpointsAsked });
  }
  const { run, out, mayReplace, change } = work;
  const opened = await workspace.runs.open(run);
  return resumeJob(workspace, {
    run: opened,
    out,
    mayReplace,
    checkpointsAsked,
    ...(change ? { change } : {}),
  });
}

/** Images that cannot be read any more take nothing from a model that is there. @throws any other error. */
async function scoreOf(
  workspace: Workspace,
  training: Training,
  model: Model,
): Promise<Required<WorkEnd>["score"] | undefined> {
  try {
    return await scoreTraining(workspace, training, model);
  } catch (error) {
    if (error instanceof CoreError && error.code === "unreadable") return { error: serializeError(error) };
    throw error;
  }
}

async function endOf(
  workspace: Workspace,
  { training, model, ...end }: TrainingEnd,
  isScored: boolean,
): Promise<WorkEnd> {
  if (!training) return end;
  const { run, opened } = training;
  const [example] = imagesOfPart(opened.dataset, run.split, "validation");
  const path = example && opened.pathOf?.(example);
  const score = isScored && model ? await scoreOf(workspace, training, model) : undefined;
  return {
    ...{ ...end, run: run.id },
    ...(model ? { manifest: modelFactsSchema.parse(model.manifest) } : {}),
    ...(score ? { score } : {}),
    ...(path === undefined ? {} : { example: path }),
  };
}

/** A worker's end of the protocol: one job at a time, until it is told to end or its host is gone. */
export class ProtocolWorker {
  readonly #options: WorkerOptions;
  readonly #calls = new Map<number, PendingCall>();
  #lastCall = 0;
  #isOrphan = false;
  #running:
    | {
        readonly job: number;
        readonly controller: AbortController;
        ended: Promise<void>;
        /** How many were asked for. */
        checkpoints: number;
      }
    | undefined;
  readonly #whenDone: () => void;
  /** Settles when the worker has nothing more to do. */
  readonly done: Promise<void>;

  constructor(options: WorkerOptions) {
    this.#options = options;
    let finish: () => void = () => undefined;
    this.done = new Promise((resolve) => {
      finish = resolve;
    });
    this.#whenDone = finish;
    options.port.onMessage((message) => this.#hear(message));
    // without its host a run stops where it can be gone on from, as far as that can still be told to anybody
    options.port.onClose((why) => {
      this.#isOrphan = true;
      for (const call of [...this.#calls.keys()]) this.#settle(call)?.reject(hostGone(why));
      void this.#end("interrupt");
    });
    this.#post({ v: PROTOCOL_VERSION, type: "ready" });
  }

  /** A job is under way. */
  get isWorking(): boolean {
    return this.#running !== undefined;
  }

  #post(report: Report): void {
    this.#options.port.post(report);
  }

  #hear(message: unknown): void {
    let command: Command;
    try {
      command = parseCommand(message);
    } catch (error) {
      this.#post({ v: PROTOCOL_VERSION, type: "error", error: serializeError(error) });
      return;
    }
    switch (command.type) {
      case "start":
      case "search":
        this.#start(command.job, command.work);
        break;
      case "stop":
        this.#stop(command.job, "interrupt");
        break;
      case "cancel":
        this.#stop(command.job, "cancel");
        break;
      case "checkpoint":
        if (this.#running?.job === command.job) this.#running.checkpoints++;
        break;
      case "dispose":
        void this.#end("interrupt");
        break;
      case "answer":
        this.#settle(command.call)?.resolve(command.value);
        break;
      case "refusal":
        this.#settle(command.call)?.reject(deserializeError(command.error));
        break;
      case "progress":
        this.#calls.get(command.call)?.onEvent(command.event);
        break;
      default:
        command satisfies never;
    }
  }

  #settle(call: number): PendingCall | undefined {
    const pending = this.#calls.get(call);
    this.#calls.delete(call);
    return pending;
  }

  readonly #call: CallHost = <Method extends CallMethod>(
    method: Method,
    params: CallParams<Method>,
    onEvent: (event: WorkspaceEvent) => void = () => undefined,
  ) => {
    const call = ++this.#lastCall;
    const answer = new Promise<unknown>((resolve, reject) => {
      if (this.#isOrphan) reject(hostGone("no answer can come"));
      else this.#calls.set(call, { resolve, reject, onEvent });
    });
    this.#post({ v: PROTOCOL_VERSION, type: "call", call, method, params });
    // the host's answers have the types of its methods: both sides are of one version
    return answer as Promise<CallResults[Method]>;
  };

  #start(job: number, work: Work | SearchWork): void {
    if (this.#running) {
      const error = new CoreError("conflict", {
        what: "The worker is busy.",
        received: `job ${job} beside job ${this.#running.job}`,
        fix: "Wait until it ends, or start another worker.",
      });
      this.#post({ v: PROTOCOL_VERSION, type: "error", job, error: serializeError(error) });
      return;
    }
    const controller = new AbortController();
    this.#running = { job, controller, checkpoints: 0, ended: Promise.resolve() };
    this.#running.ended = this.#work(job, work, controller.signal);
  }

  async #work(job: number, work: Work | SearchWork, signal: AbortSignal): Promise<void> {
    let opened: OpenedWorkspace | undefined;
    let report: Report;
    try {
      opened = await this.#options.open({ call: this.#call, signal, work });
      const { workspace } = opened;
      report = isSearchWork(work)
        ? await this.#search(job, work, workspace)
        : await this.#doWork(job, work, workspace);
    } catch (error) {
      report = { v: PROTOCOL_VERSION, type: "error", job, error: serializeError(error) };
    }
    try {
      await opened?.[Symbol.asyncDispose]?.();
    } catch (error) {
      if (report.type === "done")
        report = { v: PROTOCOL_VERSION, type: "error", job, error: serializeError(error) };
    }
    // told when the next job may come
    this.#running = undefined;
    this.#post(report);
  }

  async #doWork(job: number, work: Work, workspace: Workspace): Promise<Report> {
    const end = await (work.kind === "extract"
      ? this.#help(work, workspace)
      : this.#train(job, work, workspace));
    return { v: PROTOCOL_VERSION, type: "done", job, end };
  }

  async #help(work: Extract<Work, { kind: "extract" }>, workspace: Workspace): Promise<WorkEnd> {
    await helpWithRun(workspace, work);
    return { status: "completed", epochs: 0 };
  }

  async #train(job: number, work: TrainingWork, workspace: Workspace): Promise<WorkEnd> {
    const events = await eventsOf(workspace, work, () => this.#running?.checkpoints ?? 0);
    let next = await events.next();
    for (; !next.done; next = await events.next())
      this.#post({ v: PROTOCOL_VERSION, type: "event", job, event: next.value });
    return endOf(workspace, next.value, work.score === true);
  }

  async #search(job: number, work: SearchWork, workspace: Workspace): Promise<Report> {
    const result = await searchFor(workspace, work, (progress) =>
      this.#post({ v: PROTOCOL_VERSION, type: "searching", job, progress }),
    );
    return { v: PROTOCOL_VERSION, type: "found", job, result };
  }

  #stop(job: number, reason: StopReason): void {
    if (this.#running?.job === job) this.#running.controller.abort(reason);
  }

  async #end(reason: StopReason): Promise<void> {
    this.#running?.controller.abort(reason);
    await this.#running?.ended;
    this.#options.port.close();
    this.#whenDone();
  }
}
