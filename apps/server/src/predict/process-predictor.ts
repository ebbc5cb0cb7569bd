import { totalmem } from "node:os";
import type {
  EvaluateRequest,
  ExportRequest,
  MadeExport,
  ModelAnswers,
  ModelEvaluation,
  Predictor,
  PredictRequest,
} from "@graft/api";
import { CoreError } from "@graft/core";
import { type CallHost, ChildGone } from "./child-link.ts";
import { KeptChild } from "./kept-child.ts";
import type { Answered } from "./request-messages.ts";
import { Turns } from "./turns.ts";
import { Workshop } from "./workshop.ts";

export interface ProcessPredictorOptions {
  /** Where engines that were installed later are, and what passed its self-check. */
  readonly home: string;
  /** An empty folder of its own, for exports while they are made. What it has at the start is removed. */
  readonly folder: string;
  /** A kind or an id. @default the fastest usable */
  readonly backend?: string | undefined;
  /** That engine and decoders may keep busy. @default as many as may be busy at once */
  readonly threads?: number | undefined;
  /** For all models that are loaded. @default a quarter of the machine's memory, at least 512 MB */
  readonly modelBytes?: number | undefined;
  /** Of pictures that wait for their answers; more are `busy`. @default 256 MB */
  readonly waitingBytes?: number | undefined;
  /** Silence of a process that has work after which it is killed. @default 2 min */
  readonly stuckMs?: number | undefined;
  /** Hears what the processes print. @default it goes to standard error */
  readonly onOutput?: ((text: string) => void) | undefined;
  /** Hears that a process ended unasked. @default nobody does */
  readonly onGone?: ((why: string) => void) | undefined;
}

/** A quarter of the memory that this process may use; a container's limit counts. */
function defaultModelBytes(): number {
  // 0 or undefined: no limit is known
  const allowed = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return Math.max(512e6, Math.min(totalmem(), allowed) / 4);
}

const lengthOf = (pictures: readonly Uint8Array[]): number =>
  pictures.reduce((sum, { length }) => sum + length, 0);

/** A picture that twice had the process end is the likeliest reason for it. */
const endedTwice = (why: string): CoreError =>
  new CoreError("backend", {
    what: "The process that answers predictions ended twice while it had these pictures.",
    received: why,
    fix: "Send them one by one to find the picture that does it, and save that one again from its source.",
  });

/**
 * Predictions by a process of their own; evaluations and exports by another one, which ends when it is idle.
 *
 * When the process that predicts ends unasked, what it had is asked again, once, one request after the other: an answer costs
 * nothing but time, and of many requests that were in its hands one may be the reason.
 */
export class ProcessPredictor implements Predictor, AsyncDisposable {
  readonly #child: KeptChild;
  readonly #workshop: Workshop;
  readonly #waitingMost: number;
  #waiting = 0;
  readonly #alone = new Turns();

  constructor(options: ProcessPredictorOptions) {
    const { home, folder, backend, threads, modelBytes = defaultModelBytes() } = options;
    const { stuckMs = 120_000, waitingBytes = 256e6 } = options;
    const {
      onOutput = (text: string): void => void process.stderr.write(text),
      onGone = (): void => undefined,
    } = options;
    const shared = { settings: { home, backend, threads, modelBytes }, onOutput, onGone, stuckMs };
    this.#child = new KeptChild({ ...shared, program: "predict" });
    this.#workshop = new Workshop({ ...shared, folder });
    this.#waitingMost = waitingBytes;
  }

  /** Starts the process before the first request: it takes a second. @throws why it cannot work. */
  async start(): Promise<void> {
    await this.facts();
  }

  async predict(request: PredictRequest): Promise<ModelAnswers> {
    const bytes = lengthOf(request.pictures);
    if (this.#waiting > 0 && this.#waiting + bytes > this.#waitingMost) {
      throw new CoreError("busy", {
        what: "Too many pictures wait for their answers.",
        received: `${Math.ceil(this.#waiting / 1e6)} MB`,
        expected: `at most ${Math.floor(this.#waitingMost / 1e6)} MB`,
        fix: "Try again in a moment.",
      });
    }
    this.#waiting += bytes;
    try {
      return await this.#predictTwice(request);
    } finally {
      this.#waiting -= bytes;
    }
  }

  evaluate(request: EvaluateRequest): Promise<ModelEvaluation> {
    return this.#workshop.evaluate(request);
  }

  export(request: ExportRequest): Promise<MadeExport> {
    return this.#workshop.export(request);
  }

  /** What the process that predicts has now. @throws why there is none. */
  facts(): Promise<Answered<"facts">> {
    return this.#child.use((link) => link.ask("facts", {}, { host: {} }));
  }

  /** Of the process that predicts, when it runs. */
  pid(): Promise<number | undefined> {
    return this.#child.pid();
  }

  async close(): Promise<void> {
    await Promise.all([this.#child.close(), this.#workshop.close()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #predictTwice(request: PredictRequest): Promise<ModelAnswers> {
    try {
      return await this.#ask(request);
    } catch (error) {
      if (!(error instanceof ChildGone)) throw error;
    }
    return this.#alone.take(() =>
      this.#ask(request).catch((error: unknown) => {
        throw error instanceof ChildGone ? endedTwice(error.parts.received ?? "") : error;
      }),
    );
  }

  #ask({ model, pictures, explain, signal }: PredictRequest): Promise<ModelAnswers> {
    const host: CallHost = { folder: model.folder };
    const asked = { model: model.key, pictures: pictures.map(ownBytes), ...(explain ? { explain } : {}) };
    return this.#child.use((link) => link.ask("predict", asked, { host, signal }));
  }
}

/** A view of a pool's buffer (Node's small buffers) as it is; one on shared memory cannot cross. */
function ownBytes(picture: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = picture;
  return buffer instanceof ArrayBuffer
    ? new Uint8Array(buffer, byteOffset, byteLength)
    : new Uint8Array(picture);
}
